internal import BridgeBytes
internal import BridgeClaims
internal import BridgeSockets
public import NATSCore

/// Sends and receives typed payloads over NATS, whatever their size.
///
/// A message carries an envelope: small payloads inside it, large ones as links to a store where
/// they were put before the message is published. Neither sender nor receiver needs to care which.
///
/// It may be used from any task. All that it holds is constant or has a lock of its own, and
/// serializing, planning, reading, decoding, digests and transfers run on the common threads,
/// whoever calls.
public final class Bridge: Sendable, CustomStringConvertible {
    /// The connection; it may be shared with other users.
    public let client: NATSClient
    let options: BridgeOptions
    let counters = BridgeCounters()
    /// What is to be known of the store.
    let findings = StoreFindings()
    /// What all downloads together may hold.
    let memory: MemoryBudget
    /// The sequences that are being consumed.
    let intakes = IntakeRegistry()
    /// The work on streams that goes on.
    let workers = WorkerRegistry()
    /// What has been sent and received so far.
    public var statistics: BridgeStatistics {
        var statistics = counters.snapshot
        statistics.memoryHeld = memory.reserved
        return statistics
    }
    /// `sender_id` of what is sent: one per bridge.
    public let senderID: String
    let ownsClient: Bool
    let end = BridgeEnd()

    /// Uses a connection that the caller holds and closes.
    public convenience init(client: NATSClient, options: BridgeOptions) {
        self.init(client: client, options: options, ownsClient: false)
    }

    init(client: NATSClient, options: BridgeOptions, ownsClient: Bool) {
        self.client = client
        self.options = options
        self.ownsClient = ownsClient
        var generator = SystemGenerator()
        senderID = UniqueID.version4(using: &generator)
        memory = MemoryBudget(bytes: options.memoryBudget)
    }

    /// Who it is and over which connection.
    public var description: String {
        "Bridge \(senderID) over \(client)" + (end.isOver ? ", closed" : "")
    }

    /// Refuses work after `close`.
    func checkOpen(_ stage: BridgeError.Stage) throws(BridgeError) {
        guard !end.isOver else {
            throw BridgeError(.closed, stage: stage, detail: "the bridge is closed")
        }
    }
}

extension Bridge {
    /// Logs what a flow has come to. The fields are made only where the sink takes the level.
    func log(
        _ correlationID: String, _ stage: BridgeError.Stage, _ message: String,
        level: LogEvent.Level = .debug, _ fields: @autoclosure () -> [LogEvent.Field?] = []
    ) {
        guard let sink = options.log, level >= sink.level else { return }
        sink.record(
            LogEvent(
                timestamp: Self.now, level: level, correlationID: correlationID,
                stage: stage.rawValue, message: message, fields: fields().compactMap(\.self)))
    }

    /// Logs a failure and hands it on.
    /// - Parameter level: `debug` for what is thrown, `warning` for what nobody is thrown.
    func logged(_ error: BridgeError, _ level: LogEvent.Level = .debug) -> BridgeError {
        log(
            error.correlationID, error.stage, "failed: \(error.code)", level: level,
            [
                LogEvent.Field("subject", error.subject),
                LogEvent.Field("code", error.code.rawValue),
                LogEvent.Field("detail", error.detail),
            ])
        return error
    }

    /// The present moment, which the pure layers take as an argument.
    static var now: Timestamp { WallClock.now }

    static func newID() -> String {
        var generator = SystemGenerator()
        return UniqueID.version4(using: &generator)
    }
}
