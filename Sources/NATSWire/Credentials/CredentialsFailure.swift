public import BridgeBytes

/// Why there are no credentials to connect with.
package struct CredentialsFailure: Error, Equatable, Sendable {
    package let code: ErrorCode
    /// A sentence for people, without any secret.
    package let words: String
    /// Whether the same credentials will fail in the same way again, as the server's refusal would.
    package let isFinal: Bool
    /// What is wrong with a file, a key or a token, where that is the reason.
    package let underlying: WireError?

    package init(
        _ code: ErrorCode, _ words: String, isFinal: Bool = false, underlying: WireError? = nil
    ) {
        self.code = code
        self.words = words
        self.isFinal = isFinal
        self.underlying = underlying
    }
}

extension ErrorCode {
    /// The time of the credentials is over.
    public static let credentialsExpired = ErrorCode(rawValue: "credentials_expired")
    /// The credentials were withdrawn while they were in use.
    public static let credentialsRevoked = ErrorCode(rawValue: "credentials_revoked")
    /// The server waited too long for the credentials.
    public static let authenticationTimeout = ErrorCode(rawValue: "authentication_timeout")
}
