import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import Synchronization
import TestKit

/// The servers of a soak, a proxy on each way to them, and the witness that needs none.
final class SoakStage: Sendable {
    let clock = SoakClock()
    let cluster: SoakCluster
    let store: SoakStore
    let witness: SoakWitness
    private let senderProxies: [FaultProxy]
    private let receiverProxies: [FaultProxy]
    private let killed = Mutex<[Duration]>([])
    private let faults = Mutex<[String]>([])

    private init(_ cluster: SoakCluster, _ store: SoakStore, _ witness: SoakWitness) throws {
        self.cluster = cluster
        self.store = store
        self.witness = witness
        senderProxies = try cluster.nodes.map { try FaultProxy(to: $0.port, host: $0.host) }
        receiverProxies = try cluster.nodes.map { try FaultProxy(to: $0.port, host: $0.host) }
    }

    /// Sets the stage, runs the body on it, and clears it.
    static func run<Result>(_ body: (SoakStage) async throws -> Result) async throws -> Result {
        let tls = try await SoakTLS.make()
        let cluster = try await SoakCluster.start(tls)
        let outcome: Swift.Result<Result, any Error>
        do {
            let store = try await SoakStore.start(tls)
            let witness = try SoakWitness()
            do {
                let stage = try SoakStage(cluster, store, witness)
                for node in cluster.nodes.indices { try await witness.connect(node, of: cluster) }
                try await witness.untilJoined()
                try await witness.makeStream()
                outcome = .success(try await body(stage))
            } catch {
                outcome = .failure(error)
            }
            await witness.stop()
            try? await store.stop()
        } catch {
            outcome = .failure(error)
        }
        await cluster.stop()
        return try outcome.get()
    }

    func proxies(_ side: SoakFault.Side) -> [FaultProxy] {
        side == .senders ? senderProxies : receiverProxies
    }

    /// Both proxies of a node.
    func proxies(of node: Int) -> [FaultProxy] { [senderProxies[node], receiverProxies[node]] }

    /// The way to a node through its proxy.
    func url(_ node: Int, _ side: SoakFault.Side) -> String {
        let role: SoakCluster.Role = side == .senders ? .sender : .receiver
        let scheme = store.tls == nil ? "nats" : "tls"
        return "\(scheme)://\(role.rawValue):\(role.rawValue)@127.0.0.1:"
            + "\(proxies(side)[node].port)"
    }

    /// What the command line trusts the servers by.
    var trustArguments: [String] { store.tls?.arguments ?? [] }

    /// When servers were killed.
    var kills: [Duration] { killed.withLock { $0 } }

    /// The faults that were begun, with their times, in order.
    var played: [String] { faults.withLock { $0 } }

    func note(_ fault: some CustomStringConvertible & Sendable) {
        faults.withLock { $0.append("at \(clock.now): \(fault)") }
    }

    func noteKill() { killed.withLock { $0.append(clock.now) } }

    /// A bridge that knows the servers by a side's proxies only.
    func bridge(_ side: SoakFault.Side) async throws -> Bridge {
        var client = NATSClientOptions(servers: cluster.nodes.indices.map { url($0, side) })
        client.ignoresDiscoveredServers = true
        client.reconnectWait = .milliseconds(50)
        client.reconnectJitter = .milliseconds(20)
        client.maxReconnectAttempts = nil
        // A network that lets nothing pass is noticed within two seconds.
        client.pingInterval = .milliseconds(700)
        var http = HTTPClientOptions()
        http.connectTimeout = .seconds(2)
        http.firstByteTimeout = .seconds(2)
        http.idleTimeout = .seconds(2)
        if let trust = store.tls?.trust {
            client.tlsConfiguration.trust = trust
            http.tls.trust = trust
        }
        let retry = RetryPolicy(
            maxRetries: 3, baseDelay: .milliseconds(50), maxDelay: .milliseconds(500))
        var options = BridgeOptions(
            client: client,
            store: try FileServerStore(
                baseURL: HTTPURL(store.url(side)), client: HTTPClient(http), retry: retry))
        options.retry = retry
        options.threshold = SoakContent.threshold
        return try await Bridge.connect(options)
    }
}
