import Foundation

/// A cluster of nats-servers on 127.0.0.1, all routed to each other, at free ports.
package final class NATSClusterFixture: Sendable {
    /// The servers, in the order of their numbers.
    package let nodes: [NATSServerFixture]

    private init(nodes: [NATSServerFixture]) { self.nodes = nodes }

    /// The addresses of all nodes.
    package var urls: [String] { nodes.map(\.url) }

    /// Starts a cluster and waits until every node knows all others.
    /// - Parameter config: More text for every node's configuration file.
    package static func start(size: Int = 3, config: String = "") async throws
        -> NATSClusterFixture
    {
        let ports = try FreePorts.take(size)
        let routes = ports.map { "nats://127.0.0.1:\($0)" }.joined(separator: ", ")
        var nodes: [NATSServerFixture] = []
        for (number, port) in ports.enumerated() {
            nodes.append(
                try await NATSServerFixture.start(
                    jetStream: false,
                    config: """
                        server_name: n\(number)
                        lame_duck_duration: "30s"
                        lame_duck_grace_period: "1s"
                        cluster { name: c, listen: "127.0.0.1:\(port)", routes: [ \(routes) ] }
                        \(config)
                        """))
        }
        let cluster = NATSClusterFixture(nodes: nodes)
        for node in nodes { try await cluster.whenJoined(node) }
        return cluster
    }

    /// Starts a cluster for as long as the body runs.
    package static func run<Result>(
        size: Int = 3, config: String = "", _ body: (NATSClusterFixture) async throws -> Result
    ) async throws -> Result {
        let cluster = try await start(size: size, config: config)
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
        let running = nodes.filter { $0.processID != nil }
        try await within(.seconds(30), "the cluster") {
            while true {
                try Task.checkCancellation()
                if let info = ScriptedConnection(connectingTo: node.port)?.readLine(),
                    running.allSatisfy({ info.contains("127.0.0.1:\($0.port)\"") })
                {
                    return
                }
                await Task.yield()
            }
        }
    }
}

/// Ports that nobody uses at the moment.
package enum FreePorts {
    /// - Returns: So many different ports of 127.0.0.1. Another process may take one before it is
    ///   used; that shows as a failure to listen, never as a wrong result.
    package static func take(_ count: Int) throws -> [Int] {
        // All are held at once, so that they differ; servers that never accept suffice.
        let holders = try (0..<count).map { _ in try ScriptedServer { _, _ in } }
        return holders.map(\.port)
    }
}
