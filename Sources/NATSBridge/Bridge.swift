internal import BridgeBytes
internal import BridgeClaims
internal import BridgeSockets
public import NATSCore

/// Sends and receives typed payloads over NATS, whatever their size.
///
/// A message carries an envelope: small payloads inside it, large ones as links to a store where
/// they were put before the message is published. Who sends and who receives need not care which.
///
/// It may be used from any task. All that it holds is constant or has a lock of its own, and
/// serializing, planning, reading, decoding, digests and transfers run on the common threads,
/// whoever calls.
public final class Bridge: Sendable {
    /// The connection; it may be shared with other users.
    public let client: NATSClient
    let options: BridgeOptions
    let counters = BridgeCounters()
    /// What all downloads together may hold.
    let memory: MemoryBudget
    /// The sequences that are being consumed.
    let intakes = IntakeRegistry()
    /// What has been received so far.
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

    /// Refuses work after `close`.
    func checkOpen(_ stage: BridgeError.Stage) throws(BridgeError) {
        guard !end.isOver else {
            throw BridgeError(.closed, stage: stage, detail: "the bridge is closed")
        }
    }
}

extension Bridge {
    /// Writes one line of the trace.
    func trace(
        _ correlationID: String, _ stage: BridgeError.Stage, _ message: String,
        level: TraceEvent.Level = .debug, _ fields: TraceEvent.Field?...
    ) {
        guard let sink = options.trace else { return }
        sink.record(
            TraceEvent(
                timestamp: Self.now, level: level, correlationID: correlationID,
                stage: stage.rawValue, message: message, fields: fields.compactMap(\.self)))
    }

    /// Writes a failure to the trace and hands it on.
    func traced(_ error: BridgeError) -> BridgeError {
        trace(
            error.correlationID, error.stage, "failed: \(error.code)",
            level: error.isLoss ? .warning : .error,
            TraceEvent.Field("subject", error.subject),
            TraceEvent.Field("code", error.code.rawValue),
            TraceEvent.Field("detail", error.detail))
        return error
    }

    /// The present moment, which the pure layers take as an argument.
    static var now: Timestamp { WallClock.now }

    static func newID() -> String {
        var generator = SystemGenerator()
        return UniqueID.version4(using: &generator)
    }
}
