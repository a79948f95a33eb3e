public import BridgeBytes
public import NATSWire

/// Who a client is to its servers, and how it proves that.
///
/// ```swift
/// var options = NATSClientOptions(servers: ["nats://127.0.0.1:4222"])
/// options.credentials = .file("service.creds")
/// ```
///
/// Files are read and closures are called before every attempt to connect, so that what has changed
/// counts; both have the `connectTimeout` of the options for it. Seeds are wiped after use.
///
/// A user with a password, or a token, that stands in a server's URL counts for that server instead
/// of `user` and `token` here. Keys, JWTs, files and `provided` win over the URL, of which nothing
/// is sent then.
public struct NATSCredentials: Sendable {
    /// Signs the nonce of a server with Ed25519: 64 bytes.
    public typealias Signer = @Sendable (_ nonce: [UInt8]) async throws -> [UInt8]

    enum Source: Sendable {
        case none
        case user(String, password: String)
        case token(String)
        case seed(Result<NKeySeed, WireError>)
        case seedFile(String)
        case key(Result<NKey, WireError>, Signer)
        case file(String)
        case content(Result<CredentialsFile, WireError>)
        case jwt(@Sendable () async throws -> String, Signer?)
        case provided(@Sendable (ServerURL) async throws -> NATSCredentials)
    }

    let source: Source

    /// Without credentials.
    public static let none = NATSCredentials(source: .none)

    /// A name and a password. Without TLS, whoever is on the way can read them.
    public static func user(_ name: String, password: String) -> NATSCredentials {
        NATSCredentials(source: .user(name, password: password))
    }

    /// A token alone. Without TLS, whoever is on the way can read it.
    public static func token(_ token: String) -> NATSCredentials {
        NATSCredentials(source: .token(token))
    }

    /// A user's key that the server's configuration names (NKEY).
    /// - Parameter seed: `SU…`, as `nk` prints it. `connect` throws `invalidArgument` when it is
    ///   none.
    public static func nkey(seed: String) -> NATSCredentials {
        NATSCredentials(source: .seed(Result { () throws(WireError) in try .user(seed) }))
    }

    /// The same, with a file that holds the seed.
    public static func nkey(seedFile path: String) -> NATSCredentials {
        NATSCredentials(source: .seedFile(path))
    }

    /// The same, with somebody else, such as an agent or a hardware module, who signs.
    /// - Parameter publicKey: `U…`. `connect` throws `invalidArgument` when it is none.
    public static func nkey(
        publicKey: String, sign: @escaping Signer
    ) -> NATSCredentials {
        NATSCredentials(
            source: .key(Result { () throws(WireError) in try .user(publicKey) }, sign))
    }

    /// A credentials file as `nsc` writes it: a user's JWT, and the seed of the user's key.
    public static func file(_ path: String) -> NATSCredentials {
        NATSCredentials(source: .file(path))
    }

    /// The content of such a file. `connect` throws `invalidArgument` when it is none.
    public static func file(content: some BytesConvertible) -> NATSCredentials {
        let bytes = content.bytes
        return NATSCredentials(
            source: .content(
                Result { () throws(WireError) in try CredentialsFile(parsing: bytes.span) }))
    }

    /// A user's JWT from wherever they come.
    /// - Parameters:
    ///   - token: Gives the JWT.
    ///   - sign: Signs for the user's key; nil: the JWT is a bearer's, which needs no signature.
    public static func jwt(
        _ token: @escaping @Sendable () async throws -> String, sign: Signer? = nil
    ) -> NATSCredentials {
        NATSCredentials(source: .jwt(token, sign))
    }

    /// Credentials that are looked for before every attempt to connect, with the server's address.
    /// What is thrown counts as a failed attempt, and is named by its type alone, since it may hold
    /// a secret. The task is cancelled when the time for it is over.
    public static func provided(
        by provide: @escaping @Sendable (ServerURL) async throws -> NATSCredentials
    ) -> NATSCredentials {
        NATSCredentials(source: .provided(provide))
    }
}

extension NKeySeed {
    /// A user's seed; white space around it does not count.
    fileprivate static func user(_ text: String) throws(WireError) -> NKeySeed {
        let seed = try NKeySeed(parsing: text.trimmed)
        guard seed.role == .user else {
            throw WireError(.invalidCredentials, in: .credentials, "the seed is no user's")
        }
        return seed
    }
}

extension NKey {
    fileprivate static func user(_ text: String) throws(WireError) -> NKey {
        let key = try NKey(parsing: text.trimmed)
        guard key.role == .user else {
            throw WireError(.invalidCredentials, in: .credentials, "the key is no user's")
        }
        return key
    }
}

extension String {
    fileprivate var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}

extension NATSCredentials: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The kind, and names that are no secret.
    public var description: String {
        switch source {
        case .none: "no credentials"
        case .user(let name, _): "user \(name), with a password"
        case .token: "a token"
        case .seed: "the seed of a key"
        case .seedFile(let path): "the seed in \(path)"
        case .key(.success(let key), _): "key \(key)"
        case .key(.failure, _): "a key that is none"
        case .file(let path): "the credentials in \(path)"
        case .content: "the content of a credentials file"
        case .jwt(_, let sign): sign == nil ? "a bearer's JWT" : "a JWT"
        case .provided: "a source of credentials"
        }
    }

    public var debugDescription: String { description }

    /// Shows no secret.
    public var customMirror: Mirror { Mirror(self, children: ["credentials": description]) }
}

extension NATSCredentials {
    /// What was given and cannot be used, whatever servers say; nil: nothing.
    var defect: WireError? {
        switch source {
        case .seed(.failure(let error)), .key(.failure(let error), _),
            .content(.failure(let error)):
            error
        case .content(.success(let file)):
            file.jwt == nil ? Self.missingJWT : Self.missingSeed(file)
        default: nil
        }
    }

    static let missingJWT = WireError(
        .invalidCredentials, in: .credentials,
        "a seed alone, without a JWT: that is an nkey, and no credentials file")

    /// What is wrong when a signature is needed and there is no seed.
    static func missingSeed(_ file: CredentialsFile) -> WireError? {
        guard file.seed == nil, file.jwt?.isBearer == false else { return nil }
        return WireError(
            .invalidCredentials, in: .credentials,
            "a JWT that is no bearer's, and no seed to sign with")
    }

    /// Whether these win over those of a server's URL.
    var winsOverURL: Bool {
        switch source {
        case .none, .user, .token: false
        case .seed, .seedFile, .key, .file, .content, .jwt, .provided: true
        }
    }

    /// What counts for a server: these, or what its address says.
    func credentials(for server: ServerURL) -> NATSCredentials {
        guard !winsOverURL else { return self }
        return switch server.credentials {
        case .none: self
        case .user(let name, let password): .user(name, password: password)
        case .token(let token): .token(token)
        }
    }

    /// What needs neither a file nor anybody's answer.
    var atOnce: PreparedCredentials? {
        switch source {
        case .none: PreparedCredentials(proof: .ready(.none))
        case .user(let name, let password):
            PreparedCredentials(proof: .ready(.user(name, password: password)))
        case .token(let token): PreparedCredentials(proof: .ready(.token(token)))
        case .seed, .seedFile, .key, .file, .content, .jwt, .provided: nil
        }
    }
}
