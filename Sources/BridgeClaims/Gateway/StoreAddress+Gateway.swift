package import BridgeHTTP

extension StoreAddress {
    /// The store as what a gateway serves; nil for one that a program makes of its connection to
    /// NATS.
    /// - Throws: `HTTPError` with `invalidArgument` for a store that is a server already, or as
    ///   `store(_:)`.
    package func engine(
        _ settings: Settings = Settings(), isDurable: Bool = true
    ) throws(HTTPError) -> (any GatewayEngine)? {
        if objectBucket != nil { return nil }
        if let folder { return FolderEngine(folder: folder, isDurable: isDurable) }
        guard let store = try store(settings) as? S3Store else {
            throw HTTPError(
                .badOptions, .prepare, url: description,
                "a gateway stands before s3://, nats-object:// or file:///, not before a server"
                    + " of HTTP")
        }
        return S3Engine(store.requests)
    }
}
