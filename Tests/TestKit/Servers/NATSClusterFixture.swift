import CLinux
import Foundation

/// A cluster of nats-servers on a loopback address of its own, all routed to each other.
package final class NATSClusterFixture: Sendable {
    /// The servers, in the order of their numbers.
    package let nodes: [NATSServerFixture]

    private init(nodes: [NATSServerFixture]) { self.nodes = nodes }

    /// The addresses of all nodes.
    package var urls: [String] { nodes.map(\.url) }

    /// Starts a cluster and waits until every node knows all others.
    /// - Parameters:
    ///   - jetStream: Whether the nodes have JetStream, each with a store of its own.
    ///   - config: More text for every node's configuration file.
    package static func start(
        size: Int = 3, jetStream: Bool = false, config: String = ""
    ) async throws -> NATSClusterFixture {
        let host = LoopbackAddress.unused()
        let ports = try FreePorts.take(size, host: host)
        let routes = ports.map { "nats://\(host):\($0)" }.joined(separator: ", ")
        var nodes: [NATSServerFixture] = []
        for (number, port) in ports.enumerated() {
            nodes.append(
                try await NATSServerFixture.start(
                    jetStream: jetStream,
                    config: """
                        server_name: n\(number)
                        lame_duck_duration: "30s"
                        lame_duck_grace_period: "1s"
                        cluster { name: c, listen: "\(host):\(port)", routes: [ \(routes) ] }
                        \(config)
                        """,
                    host: host, readyMark: "Listening for route connections"))
        }
        let cluster = NATSClusterFixture(nodes: nodes)
        for node in nodes { try await cluster.whenJoined(node) }
        return cluster
    }

    /// Starts a cluster for as long as the body runs.
    package static func run<Result>(
        size: Int = 3, jetStream: Bool = false, config: String = "",
        _ body: (NATSClusterFixture) async throws -> Result
    ) async throws -> Result {
        let cluster = try await start(size: size, jetStream: jetStream, config: config)
        do {
            let result = try await body(cluster)
            await cluster.stop()
            return result
        } catch {
            await cluster.stop()
            throw error
        }
    }

    /// Ends all nodes.
    package func stop() async { for node in nodes { try? await node.stop() } }

    /// The node that a client with this server name is connected to.
    package func node(named name: String) -> NATSServerFixture? {
        nodes.indices.first { "n\($0)" == name }.map { nodes[$0] }
    }

    /// Suspends until a node lists all running nodes in its INFO.
    package func whenJoined(_ node: NATSServerFixture) async throws {
        try await within("the cluster") { [nodes] in
            while true {
                try Task.checkCancellation()
                let running = try nodes.filter { try $0.isRunning() }
                let info = await onThread {
                    ScriptedConnection(connectingTo: node.port, host: node.host)?.readLine()
                }
                if let info, running.allSatisfy({ info.contains("\($0.address)\"") }) {
                    return
                }
                await Task.yield()
            }
        }
    }
}

/// Ports that nobody uses at the moment.
package enum FreePorts {
    /// - Returns: So many different ports of an address. On an address of `LoopbackAddress` they
    ///   stay free; on 127.0.0.1 another process may take one before it is used, which shows as
    ///   a failure to listen.
    package static func take(_ count: Int, host: String = "127.0.0.1") throws -> [Int] {
        let holders = try (0..<count).map { _ in try LoopbackSocket.make() }
        defer { for holder in holders { close(holder) } }
        // All are held at once, so that they differ.
        return try holders.map { try LoopbackSocket.bind($0, host: host) }
    }
}
