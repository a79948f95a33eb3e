internal import BridgeBytes
internal import BridgeClaims
internal import Glibc
public import NATSCore

/// Sends and receives typed payloads over NATS, whatever their size.
///
/// A message carries an envelope: small payloads inside it, large ones as links to a store where
/// they were put before the message is published. Who sends and who receives need not care which.
///
/// An actor, entered once a message, to see whether the bridge is open: that flag is all that it
/// protects. Everything else is constant or has a lock of its own, and serializing, planning,
/// reading, decoding, digests, transfers and the waits for the server run outside of it.
public actor Bridge {
    /// The connection; it may be shared with other users.
    public nonisolated let client: NATSClient
    nonisolated let options: BridgeOptions
    nonisolated let counters = BridgeCounters()
    /// What all downloads together may hold.
    nonisolated let memory: MemoryBudget
    /// The sequences that are being consumed.
    nonisolated let intakes = IntakeRegistry()
    /// What has been received so far.
    public nonisolated var statistics: BridgeStatistics {
        var statistics = counters.snapshot
        statistics.memoryHeld = memory.reserved
        return statistics
    }
    /// `sender_id` of what is sent: one a bridge.
    public nonisolated let senderID: String
    private let ownsClient: Bool
    private var isClosed = false

    /// Uses a connection that the caller holds and closes.
    public init(client: NATSClient, options: BridgeOptions) {
        self.init(client: client, options: options, ownsClient: false)
    }

    private init(client: NATSClient, options: BridgeOptions, ownsClient: Bool) {
        self.client = client
        self.options = options
        self.ownsClient = ownsClient
        var generator = SystemGenerator()
        senderID = UniqueID.version4(using: &generator)
        memory = MemoryBudget(bytes: options.memoryBudget)
    }

    /// Connects to NATS and makes a bridge of it.
    /// - Throws: `BridgeError` in the stage `connect`, with the code of the NATS client.
    public static func connect(_ options: BridgeOptions) async throws(BridgeError) -> Bridge {
        do throws(NATSError) {
            let client = try await NATSClient.connect(options.client)
            return Bridge(client: client, options: options, ownsClient: true)
        } catch {
            throw BridgeError(error, stage: .connect)
        }
    }

    /// Connects, lends the bridge to `body`, and drains it afterwards, also when `body` throws;
    /// its error counts more than one of the drain then. In a cancelled task draining does not
    /// wait: the bridge is closed at once.
    /// - Throws: What `body` throws, or `BridgeError` from connecting or draining.
    public static func withBridge<R: Sendable>(
        _ options: BridgeOptions, _ body: (Bridge) async throws -> R
    ) async throws -> R {
        let bridge = try await connect(options)
        let result: R
        do {
            result = try await body(bridge)
        } catch {
            // Nobody would hear of a failure to drain; the bridge is closed in any case.
            try? await bridge.drain()
            throw error
        }
        try await bridge.drain()
        return result
    }

    /// Closes at once. A connection that the caller holds stays open.
    ///
    /// Sequences of messages end after what they have received; links that are being fetched
    /// fail with `claim.cancelled`.
    public func close() async {
        isClosed = true
        for intake in intakes.all { intake.hurry() }
        if ownsClient { await client.close() }
    }

    /// Longest wait of `drain` for messages that were received and are not yet consumed, where the
    /// caller holds the connection. That of `NATSClient.drain` is as long.
    public static let drainPatience = Duration.seconds(30)

    /// Ends the sequences of messages after what they have received, waits until that is consumed,
    /// writes what waits, confirms it, and closes. Answers may be sent meanwhile. A connection that
    /// the caller holds stays open.
    ///
    /// A loop over a sequence has consumed a message when it asks for the next one or is left. The
    /// client's own `drain` waits for the same.
    /// - Throws: `BridgeError` when the server did not confirm or the task was cancelled, or with
    ///   `timeout` when messages were not consumed in time; the bridge is closed all the same.
    public func drain() async throws(BridgeError) {
        defer { isClosed = true }
        do throws(NATSError) {
            if ownsClient { return try await client.drain() }
            let left = await intakes.drain(until: .now + Self.drainPatience)
            try await client.flush()
            guard left == 0 else {
                throw NATSError(
                    .timeout, stage: .drain, detail: "\(left) messages were not consumed in time")
            }
        } catch {
            throw BridgeError(error, stage: .publish)
        }
    }

    /// Refuses work after `close`.
    func checkOpen(_ stage: BridgeError.Stage) throws(BridgeError) {
        guard !isClosed else {
            throw BridgeError(BridgeError.Code.closed, stage: stage, detail: "the bridge is closed")
        }
    }
}

extension Bridge {
    /// Writes one line of the trace.
    nonisolated func trace(
        _ correlationID: String, _ stage: BridgeError.Stage, _ message: String,
        _ fields: TraceEvent.Field...
    ) {
        options.trace?.record(
            TraceEvent(
                timestamp: Self.now, correlationID: correlationID, stage: stage.rawValue,
                message: message, fields: fields))
    }

    /// Writes a failure to the trace and hands it on.
    nonisolated func traced(_ error: BridgeError) -> BridgeError {
        trace(
            error.correlationID, error.stage, "failed: \(error.code)",
            TraceEvent.Field("subject", error.subject), TraceEvent.Field("detail", error.detail))
        return error
    }

    /// The present moment, which the pure layers take as an argument.
    static var now: Timestamp {
        // Sound: the call fills in the one value that it is given.
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    static func newID() -> String {
        var generator = SystemGenerator()
        return UniqueID.version4(using: &generator)
    }
}
