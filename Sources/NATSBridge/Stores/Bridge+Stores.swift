public import BridgeClaims
internal import BridgeHTTP
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore

extension Bridge {
    /// Connects to NATS, with the store that a URL names: those of `StoreAddress`, and
    /// `nats-object://bucket`, JetStream's object store over the bridge's own connection.
    ///
    /// Cancelling the task ends the attempt with the code `cancelled`.
    /// - Parameter options: Their own store is replaced.
    /// - Throws: `BridgeError` in the stage `connect`: as `connect(_:)`, `invalidURL` or
    ///   `invalidArgument` for settings that the store has no use for, `objectStoreNotFound` when
    ///   there is no bucket of that name, `jetStreamDisabled`, `permissionDenied` or `timeout`.
    public static func connect(
        _ options: BridgeOptions, store: StoreAddress,
        settings: StoreAddress.Settings = StoreAddress.Settings()
    ) async throws(BridgeError) -> Bridge {
        var options = options
        guard let name = store.objectBucket else {
            do throws(HTTPError) { options.store = try store.store(settings) } catch {
                throw BridgeError(error, stage: .connect)
            }
            return try await connect(options)
        }
        var clientOptions = options.client
        clientOptions.log = clientOptions.log ?? options.log
        let client: NATSClient
        do throws(NATSError) { client = try await NATSClient.connect(clientOptions) } catch {
            throw BridgeError(error, stage: .connect)
        }
        do throws(JetStreamError) {
            let bucket = try await JetStream(client: client).objectStore(name)
            options.store = ObjectClaimStore(bucket, publicURL: settings.publicURL)
        } catch {
            await client.close()
            throw BridgeError(error, stage: .connect)
        }
        return Bridge(client: client, options: options, ownsClient: true)
    }
}
