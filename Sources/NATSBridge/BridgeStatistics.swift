internal import Synchronization

/// What a bridge has received so far.
public struct BridgeStatistics: Sendable, Hashable {
    /// Messages whose envelope could be read.
    public var messagesReceived = 0
    /// Messages whose envelope could not be read.
    public var messagesUnusable = 0
    /// Payloads that could not be had, of messages whose envelope could be read.
    public var payloadsFailed = 0
    /// Messages that were dropped since they had been handed out before.
    public var duplicatesDropped = 0
    /// Places at which messages are missing, or may be.
    public var losses = 0
    /// Messages that are missing there, as far as anybody knows.
    public var messagesLost = 0
    /// Bytes of `BridgeOptions.memoryBudget` that are held now.
    public var memoryHeld = 0
}

/// Where the parts of a bridge count.
final class BridgeCounters: Sendable {
    private let state = Mutex(BridgeStatistics())

    var snapshot: BridgeStatistics { state.withLock { $0 } }

    func count(_ change: (inout BridgeStatistics) -> Void) { state.withLock { change(&$0) } }
}
