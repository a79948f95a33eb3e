import Synchronization
import TestKit

/// Three nats-servers with JetStream, whose users may be forbidden things while they run.
///
/// They do not announce their addresses: whoever comes through a proxy stays there.
final class SoakCluster: Sendable {
    /// The users; name and password are the same.
    enum Role: String, Sendable { case control, sender, receiver }

    let nodes: [NATSServerFixture]
    private let host: String
    private let routes: [Int]
    private let tls: SoakTLS?
    /// What the senders must not publish to, and the receivers not subscribe to.
    private let forbidden = Mutex<[Role: [String]]>([:])

    private init(nodes: [NATSServerFixture], host: String, routes: [Int], tls: SoakTLS?) {
        self.nodes = nodes
        self.tls = tls
        self.host = host
        self.routes = routes
    }

    static func start(_ tls: SoakTLS?) async throws -> SoakCluster {
        let host = LoopbackAddress.unused()
        let routes = try FreePorts.take(SoakFault.nodeCount, host: host)
        var nodes: [NATSServerFixture] = []
        do {
            for number in routes.indices {
                nodes.append(
                    try await NATSServerFixture.start(
                        config: config(number, host, routes, [:], tls), host: host,
                        readyMark: "Listening for route connections"))
            }
        } catch {
            for node in nodes { try? await node.stop() }
            throw error
        }
        return SoakCluster(nodes: nodes, host: host, routes: routes, tls: tls)
    }

    func stop() async { for node in nodes { try? await node.stop() } }

    /// A node's own address, with a user's name.
    func url(_ node: Int, _ role: Role) -> String {
        "nats://\(role.rawValue):\(role.rawValue)@\(nodes[node].address)"
    }

    /// Forbids a user subjects, or nothing, at all nodes. In force when this returns.
    func forbid(_ subjects: [String], to role: Role) async throws {
        let all = forbidden.withLock { forbidden in
            forbidden[role] = subjects
            return forbidden
        }
        for (number, node) in nodes.enumerated() {
            try await node.reload(config: Self.config(number, host, routes, all, tls))
        }
    }

    private static func config(
        _ number: Int, _ host: String, _ routes: [Int], _ forbidden: [Role: [String]],
        _ tls: SoakTLS?
    ) -> String {
        func list(_ role: Role) -> String {
            (forbidden[role] ?? []).map { "\"\($0)\"" }.joined(separator: ", ")
        }
        let peers = routes.map { "nats://\(host):\($0)" }.joined(separator: ", ")
        return """
            \(tls?.config ?? "")
            server_name: n\(number)
            lame_duck_duration: "30s"
            lame_duck_grace_period: "1s"
            cluster {
              name: soak, listen: "\(host):\(routes[number])", routes: [ \(peers) ]
              no_advertise: true
            }
            authorization { users: [
              { user: control, password: control }
              { user: sender, password: sender, permissions: {
                publish: { allow: [">"], deny: [\(list(.sender))] }, subscribe: ">" } }
              { user: receiver, password: receiver, permissions: {
                subscribe: { allow: [">"], deny: [\(list(.receiver))] }, publish: ">" } }
            ] }
            """
    }
}
