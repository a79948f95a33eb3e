import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import NATSJetStream
import NATSObjectStore
import Synchronization
import TestKit

/// The engines that a gateway may stand before, as real ones.
enum EngineKind: String, CaseIterable, Sendable {
    case folder, s3, bucket

    /// Runs an engine for as long as the body does.
    func run(_ body: (any GatewayEngine) async throws -> Void) async throws {
        switch self {
        case .folder:
            let directory = try TemporaryDirectory()
            let address = try StoreAddress("file://\(directory.path)")
            guard let engine = try address.engine(isDurable: false) else { return }
            try await body(engine)
        case .s3:
            try await SeaweedFixture.run { seaweed in
                var settings = StoreAddress.Settings()
                guard
                    let pair = S3Credentials(
                        accessKeyID: SeaweedFixture.accessKeyID,
                        secretAccessKey: SeaweedFixture.secretAccessKey)
                else { return }
                settings.credentials = .fixed(pair)
                settings.retry.base = .milliseconds(20)
                settings.retry.maxAttempts = 4
                let address = try StoreAddress("s3://gate/way?endpoint=\(seaweed.endpoint)")
                guard let engine = try address.engine(settings) else { return }
                try await body(engine)
            }
        case .bucket:
            try await NATSServerFixture.run { server in
                try await Self.withBucket(server.url) { bucket in
                    try await body(ObjectEngine(bucket))
                }
            }
        }
    }

    static func withBucket(
        _ url: String, _ body: (ObjectBucket) async throws -> Void
    ) async throws {
        let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
        let configuration = ObjectStoreConfiguration(bucket: "PAYLOADS")
        let bucket = try await JetStream(client: client).createObjectStore(configuration)
        try await body(bucket)
        await client.close()
    }
}

/// Two gateways before one engine, with a time of day that the test moves.
struct GatewayPair: Sendable {
    let gateways: [Gateway]
    let client: HTTPClient
    private let time: Clock

    final class Clock: Sendable {
        private let milliseconds = Atomic<Int64>(1_790_000_000_000)

        var now: Timestamp { Timestamp(milliseconds: milliseconds.load(ordering: .relaxed)) }

        func advance(seconds: Int64) { milliseconds.add(seconds * 1000, ordering: .relaxed) }
    }

    static func run(
        _ kind: EngineKind, _ adjust: (inout FileServerOptions) -> Void = { _ in },
        _ body: (GatewayPair) async throws -> Void
    ) async throws {
        try await kind.run { engine in
            let time = Clock()
            var options = FileServerOptions(directory: "")
            options.now = { time.now }
            adjust(&options)
            let gateways = [
                try await Gateway.start(options, engine: engine),
                try await Gateway.start(options, engine: engine),
            ]
            let pair = GatewayPair(gateways: gateways, client: try HTTPClient(), time: time)
            do { try await body(pair) } catch {
                for gateway in gateways { await gateway.stop() }
                throw error
            }
            for gateway in gateways { await gateway.stop() }
        }
    }

    func advance(seconds: Int64) { time.advance(seconds: seconds) }

    struct Answer: Sendable {
        let status: Int
        let fields: FieldList
        let body: Bytes
    }

    /// Asks one of the gateways for a path, or for that of a link to either.
    func ask(
        _ number: Int, _ method: String, _ target: String,
        _ fields: [(String, String)] = [], body: HTTPBody = .none
    ) async throws -> Answer {
        var path = target
        for gateway in gateways where path.hasPrefix(gateway.baseURL) {
            path.removeFirst(gateway.baseURL.count)
        }
        var list = FieldList()
        for (name, value) in fields { try list.append(name: name, value: value) }
        let url = try HTTPURL(gateways[number].baseURL + path)
        let response = try await client.send(HTTPRequest(method, url, fields: list), body: body)
        return Answer(
            status: response.status, fields: response.fields,
            body: try await response.collect(limit: 64 << 20))
    }
}
