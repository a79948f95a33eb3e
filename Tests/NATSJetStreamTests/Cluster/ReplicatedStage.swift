internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import Synchronization
internal import TestKit

/// Three servers with JetStream, and what befalls their leaders.
final class ReplicatedStage: Sendable {
    let cluster: NATSClusterFixture
    /// Whether all faults have been played.
    private let isOver = Atomic(false)

    private init(_ cluster: NATSClusterFixture) { self.cluster = cluster }

    static func run(
        _ body: @escaping @Sendable (ReplicatedStage) async throws -> Void
    ) async throws {
        try await NATSClusterFixture.run(jetStream: true) { cluster in
            let stage = ReplicatedStage(cluster)
            try await within { try await body(stage) }
        }
    }

    var hasPlayedAll: Bool { isOver.load(ordering: .acquiring) }

    /// A client that goes to any node.
    func connect() async throws -> JetStream {
        var options = NATSClientOptions(servers: cluster.urls)
        options.reconnectWait = .milliseconds(20)
        options.reconnectJitter = .milliseconds(10)
        options.maxReconnectAttempts = nil
        var settings = JetStreamOptions()
        settings.timeout = .seconds(2)
        return JetStream(client: try await NATSClient.connect(options), options: settings)
    }

    /// Makes a stream of three replicas as soon as the cluster has a leader.
    func makeStream(
        _ jetStream: JetStream, _ change: (inout StreamConfiguration) -> Void = { _ in }
    ) async throws {
        var stream = StreamConfiguration(name: "S", subjects: ["s.*"])
        stream.replicas = 3
        change(&stream)
        let wanted = stream
        try await eventually("a stream") { try await jetStream.createStream(wanted) }
    }

    /// Repeats what fails while leaders are elected.
    @discardableResult
    func eventually<Result: Sendable>(
        _ subject: String, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await within(subject) {
            while true {
                do { return try await body() } catch let error as JetStreamError {
                    try Task.checkCancellation()
                    guard error.code != .invalidArgument else { throw error }
                    await Pace.pause(.milliseconds(20))
                }
            }
        }
    }

    /// Has the leader of a stream or consumer step down.
    func stepDown(_ jetStream: JetStream, _ subject: Subject) async {
        _ = try? await jetStream.client.request(Bytes(), to: subject, timeout: .seconds(2))
    }

    /// Kills the node that leads a stream.
    /// - Returns: The node.
    func killLeader(
        of stream: String, _ jetStream: JetStream
    ) async throws -> NATSServerFixture {
        let name = try await eventually("a leader") {
            guard let leader = try await jetStream.streamInfo(stream).cluster?.leader else {
                throw JetStreamError(.unavailable, operation: "stream info")
            }
            return leader
        }
        guard let node = cluster.node(named: name) else { throw FixtureError("no node \(name)") }
        try await node.kill()
        return node
    }

    /// Plays it all: the leaders of stream and consumer step down twice, the stream's leader is
    /// killed and comes back.
    /// - Parameter progress: Waits until the work has gone on for a while.
    func playFaults(
        on stream: String, consumer: String? = nil, _ jetStream: JetStream,
        progress: () async throws -> Void
    ) async throws {
        let down: Subject = try Subject("$JS.API.STREAM.LEADER.STEPDOWN.\(stream)")
        try await progress()
        await stepDown(jetStream, down)
        try await progress()
        if let consumer {
            await stepDown(
                jetStream, try Subject("$JS.API.CONSUMER.LEADER.STEPDOWN.\(stream).\(consumer)"))
            try await progress()
        }
        let node = try await killLeader(of: stream, jetStream)
        try await progress()
        try await node.restart()
        try await cluster.whenJoined(node)
        await stepDown(jetStream, down)
        try await progress()
        isOver.store(true, ordering: .releasing)
    }
}

/// Who has stored what, as `process-counter`.
final class StoredLedger: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// A message is acknowledged.
    func stored(_ text: String) { counts.withLock { $0[text, default: 0] += 1 } }

    var acknowledged: Set<String> { Set(counts.withLock { $0.keys }) }
    var count: Int { counts.withLock { $0.count } }

    /// Waits for so many more.
    func grows(by count: Int) async throws {
        let goal = self.count + count
        let isThere = await Pace.until(patience) { self.count >= goal }
        guard isThere else { throw FixtureError("nothing is stored any more") }
    }
}
