internal import BridgeBytes
public import BridgeHTTP
internal import HTTPWire

/// How a store is written where one is expected: `.fileServer("http://127.0.0.1:8080")`.
extension ClaimStore where Self == FileServerStore {
    /// The store behind this project's own file server, `natsbridge serve`.
    /// - Throws: `HTTPError` with `invalidURL` or `unsupportedScheme` when the URL is not one of
    ///   `http`, or `connectionFailed` when no client can be started.
    public static func fileServer(_ url: String) throws(HTTPError) -> FileServerStore {
        try FileServerStore(baseURL: StoreURL.parse(url))
    }
}

extension ClaimStore where Self == PlikStore {
    /// The store behind a Plik server.
    /// - Throws: `HTTPError` with `invalidURL` or `unsupportedScheme` when the URL is not one of
    ///   `http`, or `connectionFailed` when no client can be started.
    public static func plik(_ url: String) throws(HTTPError) -> PlikStore {
        try PlikStore(baseURL: StoreURL.parse(url))
    }
}

extension ClaimStore where Self == S3Store {
    /// The store in a bucket, with the keys that the environment or a profile holds:
    /// `.s3("s3://bucket/prefix?endpoint=https://s3.example")`.
    /// - Throws: `HTTPError` with `invalidURL` or `invalidArgument` when the location, or what the
    ///   environment adds to it, makes no sense, or `connectionFailed` when no client can be
    ///   started.
    public static func s3(_ url: String) throws(HTTPError) -> S3Store {
        try S3Store(S3Location(url))
    }
}
