internal import BridgeClaims
internal import BridgeConsole
internal import BridgeHTTP
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore

/// A server of files that runs: with a folder of its own, or before a store.
protocol ServedFiles: Sendable {
    var baseURL: String { get }
    var port: Int { get }
    var openConnections: Int { get }
    func reloadCertificates() async throws(FileServerError)
    func drain(within grace: Duration) async -> Int
}

extension FileServer: ServedFiles {}

/// A gateway, with the connection to NATS that its engine may need.
struct ServedBackend: ServedFiles {
    private let gateway: Gateway
    private let client: NATSClient?

    static func start(
        _ address: StoreAddress, _ options: FileServerOptions, _ arguments: ParsedArguments,
        _ console: Console
    ) async throws(CommandFailure) -> ServedBackend {
        let (engine, client) = try await engine(address, arguments, console)
        do throws(FileServerError) {
            let gateway = try await Gateway.start(options, engine: engine)
            return ServedBackend(gateway: gateway, client: client)
        } catch {
            await client?.close()
            throw ServeCommand.failure(error)
        }
    }

    private static func engine(
        _ address: StoreAddress, _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> (any GatewayEngine, NATSClient?) {
        do throws(HTTPError) {
            if let engine = try address.engine() { return (engine, nil) }
        } catch {
            throw CommandFailure(
                .usage, code: error.code, stage: "backend", target: error.url,
                detail: error.detail)
        }
        let client = try await NATSAccess.connect(try CommonOptions(arguments), console)
        do throws(JetStreamError) {
            let bucket = try await JetStream(client: client)
                .objectStore(address.objectBucket ?? "")
            return (ObjectEngine(bucket), client)
        } catch {
            await client.close()
            throw CommandFailure(error)
        }
    }

    var baseURL: String { gateway.baseURL }
    var port: Int { gateway.port }
    var openConnections: Int { gateway.openConnections }

    func reloadCertificates() async throws(FileServerError) {
        try await gateway.reloadCertificates()
    }

    func drain(within grace: Duration) async -> Int {
        let cut = await gateway.drain(within: grace)
        await client?.close()
        return cut
    }
}
