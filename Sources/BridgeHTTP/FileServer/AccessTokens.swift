internal import BridgeBytes
internal import HTTPWire

/// Who may upload, and who may delete what others have uploaded, as `Authorization: Bearer` says
/// (RFC 6750).
///
/// Without a token anybody who reaches the server may upload. Whoever has uploaded deletes with the
/// token of the upload (`X-UploadToken`), and that alone is enough; the token here is for receivers
/// that delete what they have taken. Reading needs none: the link is the right to read.
struct AccessTokens: Sendable {
    /// Nil: everybody may.
    let upload: String?
    /// Nil: nobody may.
    let delete: String?

    /// Why a request may not upload; nil when it may.
    func refusal(of fields: FieldList) -> ServerAnswer? {
        guard let upload, !Self.bears(fields, upload) else { return nil }
        var answer = ServerAnswer.failure(
            401, "uploads need the server's upload token (Authorization: Bearer)",
            code: .permissionDenied)
        answer.fields.append("WWW-Authenticate", "Bearer realm=\"uploads\"")
        return answer
    }

    /// Whether a request may delete anything.
    func mayDelete(_ fields: FieldList) -> Bool {
        guard let delete else { return false }
        return Self.bears(fields, delete)
    }

    private static func bears(_ fields: FieldList, _ token: String) -> Bool {
        let values = fields.values(for: "Authorization")
        guard values.count == 1 else { return false }
        let parts = values[0].split(separator: " ")
        guard parts.count == 2, Octet.equalIgnoringCase(String(parts[0]), "Bearer") else {
            return false
        }
        return ConstantTime.equal(String(parts[1]), token)
    }

    /// Whether a text is fit for a token: 16 to 128 letters, digits and `-._~`.
    static func isFit(_ text: String) -> Bool {
        (16...128).contains(text.utf8.count) && text.utf8.allSatisfy(Octet.isUnreserved)
    }
}
