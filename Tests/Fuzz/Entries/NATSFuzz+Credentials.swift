package import BridgeBytes
internal import NATSWire

extension NATSFuzz {
    /// A credentials file is read or refused; what was read is the same without the blanks around
    /// its lines, and its keys are written as they were read.
    package static func credentialsFile(_ input: Bytes) -> String? {
        if let key = try? NKey(parsing: input.span), key.text != String(repairing: input) {
            return "a key has two texts"
        }
        if (try? NKeySeed(parsing: input.span)) != nil, input.count != 58 {
            return "a seed of \(input.count) characters"
        }
        let file: CredentialsFile
        do throws(WireError) {
            file = try CredentialsFile(parsing: input.span)
        } catch {
            return error.code == .invalidCredentials ? nil : "refused as \(error.code)"
        }
        guard file.jwt != nil || file.seed != nil else { return "a file with nothing in it" }
        if let jwt = file.jwt {
            guard let again = try? UserJWT(parsing: jwt.text), again == jwt else {
                return "a token that is not read again"
            }
            guard (try? NKey(parsing: jwt.subject.text)) == jwt.subject else {
                return "a subject that is not read again"
            }
        }
        let ended = Bytes(Array(input) + Array("\r\n \r\n".utf8))
        guard ended.count <= CredentialsFile.maxCount else { return nil }
        guard let same = try? CredentialsFile(parsing: ended.span), same.jwt == file.jwt,
            (same.seed == nil) == (file.seed == nil)
        else {
            return "empty lines at the end change what is read"
        }
        return nil
    }
}
