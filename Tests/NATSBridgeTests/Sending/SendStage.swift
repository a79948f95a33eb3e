import BridgeBytes
import BridgeClaims
import BridgeEnvelope
import BridgeJSON
import NATSBridge
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// A real server, a proxy before it, a bridge behind the proxy, and a client that the proxy does
/// not touch: what it receives is what arrived.
struct SendStage: Sendable {
    let server: NATSServerFixture
    let proxy: FaultProxy
    let bridge: Bridge
    let store: ScriptedStore
    let control: NATSClient
    let trace: LogCollector

    /// - Parameters:
    ///   - user: Name and password in one, where the configuration asks for it.
    ///   - hook: Runs whenever something was uploaded.
    static func run(
        config: String = "", user: String? = nil, hasStore: Bool = true,
        hook: (@Sendable () async -> Void)? = nil,
        _ change: (inout NATSClientOptions) -> Void = { _ in },
        _ body: (SendStage) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(config: config) { server in
            let proxy = try FaultProxy(to: server.port, host: server.host)
            let store = ScriptedStore()
            let name = user.map { "\($0):\($0)@" } ?? ""
            var options = BridgeOptions(
                client: Self.options("nats://\(name)127.0.0.1:\(proxy.port)"),
                store: hasStore ? HookedStore(store: store, hook: hook) : nil)
            change(&options.client)
            let trace = LogCollector()
            options.log = trace.sink
            let bridge = try await Bridge.connect(options)
            let control = try await NATSClient.connect(
                Self.options("nats://\(name)\(server.address)"))
            let stage = SendStage(
                server: server, proxy: proxy, bridge: bridge, store: store, control: control,
                trace: trace)
            try await body(stage)
            await bridge.close()
            await control.close()
        }
    }

    /// A client that comes back at once.
    static func options(_ url: String) -> NATSClientOptions {
        var options = NATSClientOptions(servers: [url])
        options.reconnectWait = .milliseconds(1)
        options.reconnectJitter = .zero
        options.ignoresDiscoveredServers = true
        options.maxReconnectAttempts = nil
        return options
    }

    /// A cut inside the next message, but behind one PING or PONG, which may come before it: a
    /// server asks for the first time a second after the connection was made.
    static let early = 8

    /// What is large enough for the store, with the threshold of `linked`.
    static let payload = Payload("p", .bytes(Bytes([UInt8](repeating: 1, count: 2000))))

    /// Options of a send whose payload goes by link, with all the time that a slow machine needs.
    static func linked(_ mode: PublishMode = .core) -> SendOptions {
        var options = SendOptions()
        options.threshold = 1000
        options.mode = mode
        options.timeout = patience
        return options
    }

    /// Those of a request whose payload goes by link.
    static var linkedRequest: RequestOptions {
        var options = RequestOptions()
        options.sending = linked()
        return options
    }

    /// Options of publishing what is encoded already, for the flow `c`.
    static func encoded(
        _ mode: PublishMode = .core, headers: Headers = [:], timeout: Duration = patience
    ) -> SendOptions {
        var options = SendOptions()
        options.correlationID = "c"
        options.mode = mode
        options.headers = headers
        options.timeout = timeout
        return options
    }

    /// The ids of the messages that arrive, until one says that it is the last.
    static func arrivals(_ subscription: NATSSubscription) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        while let batch = try await subscription.nextBatch() {
            for message in batch {
                if message.payload == Bytes(utf8: "last") { return counts }
                let id = try JSONValue(parsing: message.payload)["msg_id"]?.stringValue
                counts[try #require(id), default: 0] += 1
            }
        }
        return counts
    }

    /// What a call throws.
    static func failure(
        _ body: () async throws(BridgeError) -> Void
    ) async -> BridgeError? {
        do throws(BridgeError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}

/// A scripted store that tells when something was uploaded.
struct HookedStore: ClaimStore {
    let store: ScriptedStore
    let hook: (@Sendable () async -> Void)?

    var linkPolicy: LinkPolicy { store.linkPolicy }

    func upload(
        _ content: ClaimContent, correlationID: String
    ) async throws(ClaimError) -> Claim {
        let claim = try await store.upload(content, correlationID: correlationID)
        await hook?()
        return claim
    }

    func download(_ request: ClaimDownload) async throws(ClaimError) -> Bytes {
        try await store.download(request)
    }

    func delete(_ claim: Claim, correlationID: String) async throws(ClaimError) {
        try await store.delete(claim, correlationID: correlationID)
    }
}

/// A task that something else ends, which may happen before there is one.
final class Cancellable: Sendable {
    private let task = Mutex(Task<Void, any Error>?.none)

    func set(_ task: Task<Void, any Error>) { self.task.withLock { $0 = task } }

    /// Cancels the task, which may have come here before its maker has named it.
    func cancel() async {
        while true {
            if let task = task.withLock(\.self) { return task.cancel() }
            await Task.yield()
        }
    }
}
