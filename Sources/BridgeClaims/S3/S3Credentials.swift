package import BridgeBytes

/// A key pair of an S3 store, perhaps a temporary one with a session token. None of the secrets is
/// printed.
public struct S3Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    /// The name of the key. It stands in each link, so it is no secret.
    public let accessKeyID: String
    private let secret: Secret
    package let sessionToken: String?

    /// A key pair. Nil when a part is empty or holds what no key does: blanks, line ends, or
    /// characters outside of ASCII.
    public init?(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        let parts = [accessKeyID, secretAccessKey, sessionToken ?? "-"]
        guard parts.allSatisfy(Self.isFit), !accessKeyID.utf8.contains(0x2F),
            !accessKeyID.utf8.contains(0x2C)
        else { return nil }
        self.accessKeyID = accessKeyID
        let bytes = Array(secretAccessKey.utf8)
        secret = Secret(copying: bytes.span)
        self.sessionToken = sessionToken
    }

    private static func isFit(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 4096
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    package func withSecret<R>(_ body: (Span<UInt8>) -> R) -> R { secret.withBytes(body) }

    /// The name of the key.
    public var description: String { accessKeyID }
    /// The name of the key.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

/// Where an S3 store's credentials come from. Receivers need none: a link holds what it needs.
public struct S3CredentialSource: Sendable {
    let load: @Sendable () throws(CredentialFailure) -> S3Credentials

    package init(_ load: @escaping @Sendable () throws(CredentialFailure) -> S3Credentials) {
        self.load = load
    }

    /// These, for as long as the store lives.
    public static func fixed(_ credentials: S3Credentials) -> S3CredentialSource {
        S3CredentialSource { () throws(CredentialFailure) in credentials }
    }

    /// What the tools of AWS take: `AWS_ACCESS_KEY_ID` with `AWS_SECRET_ACCESS_KEY` and perhaps
    /// `AWS_SESSION_TOKEN`, or else the profile `AWS_PROFILE` (`default`) of the file
    /// `AWS_SHARED_CREDENTIALS_FILE` (`~/.aws/credentials`). Read when they are first needed, and
    /// again when the store says that they have expired.
    public static var environment: S3CredentialSource {
        let settings = AWSSettings()
        return S3CredentialSource { () throws(CredentialFailure) in try settings.credentials() }
    }
}

/// Why there are no credentials: a code and a sentence without secrets.
package struct CredentialFailure: Error, Sendable, Hashable {
    package let code: ErrorCode
    package let message: String
}
