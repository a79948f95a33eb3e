internal import BridgeBytes
internal import BridgeSockets

/// What the environment and the files of the tools of AWS say.
///
/// Variables that are empty count as unset. Sources that are not read, and which an error names:
/// the metadata services of machines and containers, single sign-on, processes and web identities.
package struct AWSSettings: Sendable {
    private let variable: @Sendable (String) -> String?

    package init(
        variable: @escaping @Sendable (String) -> String? = { ProcessEnvironment.value($0) }
    ) {
        self.variable = variable
    }

    private func value(_ name: String) -> String? {
        variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    private var profile: String { value("AWS_PROFILE") ?? "default" }

    /// The region that is named, if one is.
    package func region() throws(CredentialFailure) -> String? {
        if let named = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") { return named }
        return try setting("region")
    }

    /// The endpoint that is named, if one is.
    package func endpoint() throws(CredentialFailure) -> String? {
        if let named = value("AWS_ENDPOINT_URL_S3") ?? value("AWS_ENDPOINT_URL") { return named }
        return try setting("endpoint_url")
    }

    /// The credentials of the first source that has any.
    package func credentials() throws(CredentialFailure) -> S3Credentials {
        let id = value("AWS_ACCESS_KEY_ID")
        let secret = value("AWS_SECRET_ACCESS_KEY")
        if id != nil || secret != nil {
            guard let id, let secret else {
                throw CredentialFailure(
                    code: .credentialsUnavailable,
                    message: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together, and"
                        + " \(id == nil ? "the first" : "the second") is not set")
            }
            return try Self.pair(id, secret, value("AWS_SESSION_TOKEN"), "the environment")
        }
        let place = "the profile \"\(profile)\""
        guard let path = path("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            let file = try file(path)
        else { throw Self.nothing("there is no file of profiles") }
        guard file.has(profile) else { throw Self.nothing("\(place) is not in \(path)") }
        func part(_ name: String) throws(CredentialFailure) -> String? {
            do throws(ProfileFile.Fault) { return try file.value(name, in: profile) } catch {
                throw Self.failure(path, error)
            }
        }
        guard let id = try part("aws_access_key_id"),
            let secret = try part("aws_secret_access_key")
        else { throw Self.nothing("\(place) in \(path) has no pair of keys") }
        return try Self.pair(id, secret, try part("aws_session_token"), place)
    }

    private static func pair(
        _ id: String, _ secret: String, _ token: String?, _ place: String
    ) throws(CredentialFailure) -> S3Credentials {
        guard
            let pair = S3Credentials(
                accessKeyID: id, secretAccessKey: secret, sessionToken: token)
        else {
            throw CredentialFailure(
                code: .invalidCredentials,
                message: "a key of \(place) holds what no key does, such as a blank")
        }
        return pair
    }

    private static func nothing(_ reason: String) -> CredentialFailure {
        CredentialFailure(
            code: .credentialsUnavailable,
            message: "no credentials for the S3 store: AWS_ACCESS_KEY_ID is not set, and \(reason);"
                + " machine roles, single sign-on and processes are not asked")
    }

    /// A setting of the profile in the file `AWS_CONFIG_FILE`, where its section is called
    /// `profile x` unless it is the default one.
    private func setting(_ name: String) throws(CredentialFailure) -> String? {
        guard let path = path("AWS_CONFIG_FILE", "config"), let file = try file(path) else {
            return nil
        }
        let section = profile == "default" ? "default" : "profile \(profile)"
        do throws(ProfileFile.Fault) { return try file.value(name, in: section) } catch {
            throw Self.failure(path, error)
        }
    }

    private func path(_ name: String, _ file: String) -> String? {
        value(name) ?? value("HOME").map { "\($0)/.aws/\(file)" }
    }

    /// A file of profiles; nil where there is none.
    private func file(_ path: String) throws(CredentialFailure) -> ProfileFile? {
        let content: Secret
        do throws(SocketError) {
            content = try SecretFile(reading: path, limit: ProfileFile.limit).content
        } catch {
            if error.code == .fileNotFound { return nil }
            throw CredentialFailure(
                code: .credentialsUnavailable, message: "\(path): \(error.detail)")
        }
        guard content.count <= ProfileFile.limit else {
            throw CredentialFailure(
                code: .credentialsUnavailable,
                message: "\(path) is larger than \(ProfileFile.limit) bytes")
        }
        do throws(ProfileFile.Fault) {
            return try content.withBytes { (span) throws(ProfileFile.Fault) in
                try ProfileFile(parsing: span)
            }
        } catch {
            throw Self.failure(path, error)
        }
    }

    private static func failure(_ path: String, _ fault: ProfileFile.Fault) -> CredentialFailure {
        CredentialFailure(
            code: .invalidCredentials, message: "\(path), line \(fault.line): \(fault.message)")
    }
}
