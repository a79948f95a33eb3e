public import BridgeBytes
internal import BridgeJSON

/// A named configuration as the `nats` tools keep it in the user's folder (ADR-21): one JSON
/// object each, whose members are all optional.
///
/// A context that asks for what this client does not have (a look-up by `nsc`, a SOCKS proxy, the
/// certificate store of Windows) is refused rather than used without it.
public struct ConnectionContext: Sendable, Hashable {
    /// `url`: the servers' addresses, in the context separated by commas.
    public let servers: [String]
    /// `user`.
    public let user: String?
    /// `password`.
    public let password: String?
    /// `token`.
    public let token: String?
    /// `creds`: the path of a credentials file; it may begin with `~/`.
    public let credentialsFile: String?
    /// `nkey`: the path of a file with a seed; it may begin with `~/`.
    public let seedFile: String?
    /// `user_jwt`: a user's JWT.
    public let jwt: String?
    /// `user_seed`: the seed that goes with it.
    public let seed: String?
    /// `ca`: the path of a file with the authorities to trust; it may begin with `~/`.
    public let authorityFile: String?
    /// `cert`: the path of a file with a client's certificate; it may begin with `~/`.
    public let certificateFile: String?
    /// `key`: the path of a file with the certificate's key; it may begin with `~/`.
    public let keyFile: String?
    /// `tls_first`: whether TLS comes before the server's first words.
    public let beginsWithTLS: Bool
    /// `inbox_prefix`.
    public let inboxPrefix: String?
    /// `jetstream_domain`.
    public let jetStreamDomain: String?
    /// `jetstream_api_prefix`.
    public let jetStreamAPIPrefix: String?

    /// Members that, when they ask for anything, ask for what this client does not have.
    private static let unsupported = [
        "nsc", "jwt", "seed", "socks_proxy", "tls", "windows_cert_store", "windows_cert_match",
        "windows_cert_match_by", "windows_ca_certs_match",
    ]

    /// Reads the text of a context file. Members that are not known are ignored, null and the
    /// empty string count as missing.
    /// - Throws: `WireError` in the stage `context`: `invalidContext` when the text is no JSON
    ///   object or a member is no string, `unsupportedContext` with the member's name.
    public init(parsing text: Bytes) throws(WireError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: text)
        } catch {
            throw WireError(.invalidContext, in: .context, "the context is not JSON")
        }
        guard let fields = json.objectValue else {
            throw WireError(.invalidContext, in: .context, "the context is not a JSON object")
        }
        func member(_ name: String) throws(WireError) -> String? {
            guard let value = fields[name], value != .null else { return nil }
            guard let text = value.stringValue else {
                throw WireError(.invalidContext, in: .context, "\(name) is not a string")
            }
            return text.isEmpty ? nil : text
        }
        for name in Self.unsupported where Self.asks(fields[name]) {
            throw WireError(
                .unsupportedContext, in: .context, "it asks for \(name), which is not built in")
        }
        servers = ServerURL.list(try member("url") ?? "")
        user = try member("user")
        password = try member("password")
        token = try member("token")
        credentialsFile = try member("creds")
        seedFile = try member("nkey")
        jwt = try member("user_jwt")
        seed = try member("user_seed")
        authorityFile = try member("ca")
        certificateFile = try member("cert")
        keyFile = try member("key")
        switch fields["tls_first"] {
        case nil, .null: beginsWithTLS = false
        case .bool(let isFirst): beginsWithTLS = isFirst
        default:
            throw WireError(.invalidContext, in: .context, "tls_first is not true or false")
        }
        inboxPrefix = try member("inbox_prefix")
        jetStreamDomain = try member("jetstream_domain")
        jetStreamAPIPrefix = try member("jetstream_api_prefix")
    }

    /// Whether a member says more than nothing, in whatever type it is written.
    private static func asks(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null, .bool(false): false
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        default: true
        }
    }
}

extension ConnectionContext: CustomStringConvertible, CustomReflectable {
    /// How many servers it names; its secrets and its addresses, which may hold some, stay out.
    public var description: String { "ConnectionContext(\(servers.count) servers)" }

    /// Shows no secret in a dump.
    public var customMirror: Mirror { Mirror(self, children: ["servers": servers.count]) }
}
