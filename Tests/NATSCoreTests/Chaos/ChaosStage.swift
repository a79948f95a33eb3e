import BridgeTLS
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit

/// What happens to a server or to the way to it.
enum ChaosFault: String, CaseIterable, Sendable {
    /// Stopped in order and started at once.
    case restart
    /// Stopped in order and started later.
    case stopAndStart
    /// Ended without a chance to say anything, and started later.
    case kill
    /// Nearly nothing passes, then all of it late and unevenly.
    case badNetwork
    /// Sent away in its orderly way, left by its clients, and started again.
    case lameDuck
}

/// A cluster whose nodes are reached through proxies, and the faults that befall them.
final class ChaosStage: Sendable {
    let cluster: NATSClusterFixture
    private let proxies: [FaultProxy]
    /// Whom the clients trust; nil: they speak plainly.
    private let trust: TLSTrust?
    private let counts = Mutex<[ChaosFault: Int]>([:])

    private init(_ cluster: NATSClusterFixture, _ trust: TLSTrust?) throws {
        self.cluster = cluster
        self.trust = trust
        proxies = try cluster.nodes.map { try FaultProxy(to: $0.port, host: $0.host) }
    }

    static func run(_ body: (ChaosStage) async throws -> Void) async throws {
        guard Environment.value("NATSBRIDGE_CHAOS_TLS") != nil else {
            return try await NATSClusterFixture.run { try await body(try ChaosStage($0, nil)) }
        }
        let authority = try await TestAuthority.make()
        let own = try await authority.issue("server")
        let config = "tls { cert_file: \"\(own.chain)\", key_file: \"\(own.key)\" }"
        try await NATSClusterFixture.run(config: config) {
            try await body(try ChaosStage($0, .file(authority.path)))
        }
    }

    /// A client that knows the nodes by their proxies only.
    func connect() async throws -> NATSClient {
        var options = NATSClientOptions(servers: proxies.map(\.url))
        options.ignoresDiscoveredServers = true
        if let trust {
            options.tls = .required
            options.tlsConfiguration.trust = trust
        }
        options.reconnectWait = .milliseconds(20)
        options.reconnectJitter = .milliseconds(10)
        options.maxReconnectAttempts = nil
        // A network that lets nothing pass is noticed within a second.
        options.pingInterval = .milliseconds(300)
        return try await NATSClient.connect(options)
    }

    /// How often each fault was played.
    var played: [ChaosFault: Int] { counts.withLock { $0 } }

    /// Plays a fault on a node and repairs everything.
    /// - Parameters:
    ///   - clients: Those that must leave a node before it is gone for good.
    ///   - progress: Waits until the load has gone on for so many messages.
    func play(
        _ fault: ChaosFault, on index: Int, clients: [NATSClient], pause: Int,
        progress: (Int) async throws -> Void
    ) async throws {
        let node = cluster.nodes[index]
        switch fault {
        case .restart: try await node.stop()
        case .stopAndStart:
            try await node.stop()
            try await progress(pause)
        case .kill:
            try await node.kill()
            try await progress(pause)
        case .badNetwork:
            let proxy = proxies[index]
            for direction in FlowDirection.allCases {
                proxy.set(
                    .with {
                        $0.latency = .milliseconds(500)
                        $0.bytesPerSecond = 2_000
                    }, direction)
            }
            try await progress(pause)
            for direction in FlowDirection.allCases {
                proxy.set(
                    .with {
                        $0.latency = .milliseconds(50)
                        $0.jitter = .milliseconds(10)
                        $0.sliceSize = 100
                    }, direction)
            }
            try await progress(pause)
            proxy.clear()
        case .lameDuck:
            try await node.enterLameDuck()
            try await within("all clients to leave a node") {
                while clients.contains(where: { $0.serverInfo?.port == node.port }) {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }
        if fault != .badNetwork { try await node.restart() }
        try await cluster.whenJoined(node)
        counts.withLock { $0[fault, default: 0] += 1 }
    }
}
