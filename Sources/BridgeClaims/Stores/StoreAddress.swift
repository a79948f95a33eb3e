internal import BridgeBytes
public import BridgeHTTP
public import HTTPWire

/// A store by its URL: the one place that knows which URL means which store.
///
/// | URL | store |
/// |---|---|
/// | `http://host:port`, `https://…` | this project's file server (`FileServerStore`) |
/// | `plik+http://host:port`, `plik+https://…` | Plik (`PlikStore`) |
/// | `dav+http://host/folder`, `dav+https://…` | a WebDAV server (`DAVStore`) |
/// | `file:///folder` | a folder that receivers share (`FolderStore`) |
/// | `nats-object://bucket` | JetStream's object store; a bridge makes it of its connection |
/// | `s3://bucket/prefix?region=…&endpoint=…&style=…` | S3 (`S3Store`) |
///
/// Secrets never stand in a URL, and a part or parameter that would have no effect is refused.
public struct StoreAddress: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Sendable, Hashable {
        case fileServer(HTTPURL)
        case plik(HTTPURL)
        case dav(HTTPURL)
        case folder(String)
        case objectBucket(String)
        case s3(S3Location)
    }

    private let kind: Kind

    /// Reads a store's URL.
    /// - Throws: `HTTPError` with `invalidURL`, or `unsupportedScheme` for a scheme that means no
    ///   store.
    public init(_ text: String) throws(HTTPError) {
        let scheme = text.firstPlace(of: "://").map { text[..<$0.lowerBound].lowercased() } ?? ""
        switch scheme {
        case "http", "https": kind = .fileServer(try Self.server(text))
        case "plik+http", "plik+https": kind = .plik(try Self.server(String(text.dropFirst(5))))
        case "dav+http", "dav+https": kind = .dav(try Self.server(String(text.dropFirst(4))))
        case "file": kind = .folder(try FolderStore.path(of: text))
        case "nats-object": kind = .objectBucket(try Self.bucket(text))
        case "s3": kind = .s3(try S3Location(text))
        default:
            throw HTTPError(
                .unsupportedScheme, .prepare, url: Redaction.url(text),
                "a store's URL begins with http(s)://, plik+http(s)://, dav+http(s)://, s3://,"
                    + " nats-object:// or file:///"
            )
        }
    }

    /// A bucket's name: letters, digits, `-` and `_`.
    private static func bucket(_ text: String) throws(HTTPError) -> String {
        let name = text.dropFirst("nats-object://".count)
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }
        guard isName, (1...255).contains(name.utf8.count) else {
            throw HTTPError(
                .badURL, .prepare, url: Redaction.url(text),
                "nats-object:// is followed by a bucket's name and nothing more")
        }
        return String(name)
    }

    /// The bucket of JetStream's object store that is meant; nil for all other stores.
    public var objectBucket: String? {
        if case .objectBucket(let name) = kind { name } else { nil }
    }

    /// The path of the shared folder that is meant; nil for all other stores.
    var folder: String? {
        if case .folder(let path) = kind { path } else { nil }
    }

    private static func server(_ text: String) throws(HTTPError) -> HTTPURL {
        let url = try StoreURL.parse(text)
        try StoreURL.check(url)
        guard !text.utf8.contains(0x23) else {
            throw HTTPError(
                .badURL, .prepare, url: url.description,
                "a store's URL cannot hold a fragment: it would not be sent")
        }
        return url
    }

    /// The store's own server where links are spoken over HTTP to it by any of its names; nil for
    /// a store whose links hold for one name.
    public var server: HTTPURL? {
        switch kind {
        case .fileServer(let url), .plik(let url), .dav(let url): url
        case .s3, .folder, .objectBucket: nil
        }
    }

    /// The URL without parameters.
    public var description: String {
        switch kind {
        case .fileServer(let url): url.description
        case .plik(let url): "plik+\(url)"
        case .dav(let url): "dav+\(url)"
        case .objectBucket(let name): "nats-object://\(name)"
        case .folder(let path): "file://\(path)"
        case .s3(let location): location.description
        }
    }

    /// What stores have in common.
    public struct Settings: Sendable {
        /// What links begin with, where receivers know the store under another name.
        public var publicURL: HTTPURL?
        /// Shared with others if given.
        public var client: HTTPClient?
        /// When a failed upload or removal is tried again.
        public var retry = RetryPolicy()
        /// What a file server, Plik or a WebDAV server wants of those who upload or delete: a
        /// bearer token, or `USER:PASSWORD` for Basic authentication. Others have none.
        public var token: String?
        /// Where an S3 store's keys come from.
        public var credentials = S3CredentialSource.environment

        /// Creates the defaults.
        public init() {}
    }

    /// Makes the store.
    /// - Throws: `HTTPError` with `invalidURL` or `invalidArgument` for settings that the store has
    ///   no use for or that make no sense, or `connectionFailed` when no client can be started.
    public func store(
        _ settings: Settings = Settings()
    ) throws(HTTPError) -> any ClaimStore {
        switch kind {
        case .fileServer(let url):
            return try FileServerStore(
                baseURL: url, publicBaseURL: settings.publicURL, client: settings.client,
                retry: settings.retry, token: settings.token)
        case .plik(let url):
            return try PlikStore(
                baseURL: url, publicBaseURL: settings.publicURL, client: settings.client,
                retry: settings.retry, token: settings.token)
        case .dav(let url):
            return try DAVStore(
                baseURL: url, publicBaseURL: settings.publicURL, client: settings.client,
                retry: settings.retry, token: settings.token)
        case .objectBucket:
            throw HTTPError(
                .badOptions, .prepare, url: description,
                "JetStream's object store needs a connection to NATS: a bridge makes it")
        case .folder(let path):
            guard settings.token == nil, settings.publicURL == nil else {
                throw HTTPError(
                    .badOptions, .prepare, url: description,
                    "a shared folder has neither a token nor a public URL")
            }
            return try FolderStore(folder: path, client: settings.client, retry: settings.retry)
        case .s3(let location):
            guard settings.token == nil else {
                throw HTTPError(
                    .badOptions, .prepare, url: description,
                    "an S3 store has no token of its own: its keys come from the environment or"
                        + " a profile")
            }
            return try S3Store(
                location, publicURL: settings.publicURL, client: settings.client,
                retry: settings.retry, credentials: settings.credentials)
        }
    }
}
