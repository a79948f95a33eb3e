/// The servers that hold a stream or a consumer.
public struct ClusterInfo: Sendable, Hashable {
    /// A server that holds a copy.
    public struct Replica: Sendable, Hashable {
        /// The server's name.
        public var name: String
        /// Whether it has everything that the leader has.
        public var isCurrent: Bool
        /// Whether it is away.
        public var isOffline: Bool
        /// Operations that it is behind the leader.
        public var lag: UInt64
        /// Time since it was last heard of; nil when the server does not say.
        public var lastActive: Duration?
    }

    /// The cluster's name; nil without one.
    public var name: String?
    /// The server that leads; nil while they elect one.
    public var leader: String?
    /// The other servers.
    public var replicas: [Replica]

    init(_ fields: JSONFields) throws(JetStreamError) {
        name = try fields.text("name")
        leader = try fields.text("leader").flatMap { $0.isEmpty ? nil : $0 }
        replicas = []
        for peer in try fields.list("replicas") {
            replicas.append(
                Replica(
                    name: try peer.text("name") ?? "", isCurrent: try peer.flag("current"),
                    isOffline: try peer.flag("offline"), lag: try peer.count("lag"),
                    lastActive: try peer.duration("active")))
        }
    }
}
