internal import BridgeBytes
internal import Synchronization

/// What a bridge has sent and received so far.
public struct BridgeStatistics: Sendable, Hashable {
    /// Messages that were sent, by `send`, `reply`, `request` and `publish`, and whose call did not
    /// fail.
    public var messagesSent = 0
    /// Payloads that were uploaded.
    public var uploads = 0
    /// Bytes of them.
    public var bytesUploaded = 0
    /// Payloads that were downloaded.
    public var downloads = 0
    /// Bytes of them.
    public var bytesDownloaded = 0
    /// Messages whose envelope could be read.
    public var messagesReceived = 0
    /// Messages whose envelope could not be read.
    public var messagesUnusable = 0
    /// Payloads that could not be had, of messages whose envelope could be read.
    public var payloadsFailed = 0
    /// Payloads that were removed from the store behind an acknowledgement, as
    /// `BridgeWorkOptions.removesPayloads` asks for.
    public var payloadsRemoved = 0
    /// Messages that were dropped since they had been handed out before.
    public var duplicatesDropped = 0
    /// Messages that had come and were not handed out when their loop ended: a link was still
    /// being fetched, or they waited behind such a message.
    public var messagesAbandoned = 0
    /// Places at which messages are missing, or may be.
    public var losses = 0
    /// Messages that are missing there, as far as anybody knows.
    public var messagesLost = 0
    /// Bytes of `BridgeOptions.memoryBudget` that are held now.
    public var memoryHeld = 0
}

extension BridgeStatistics: CustomStringConvertible {
    /// What has been counted, one name and number after the other; nothing for what never happened.
    public var description: String {
        let counts = [
            ("sent", messagesSent), ("uploads", uploads), ("bytes uploaded", bytesUploaded),
            ("downloads", downloads), ("bytes downloaded", bytesDownloaded),
            ("received", messagesReceived), ("unusable", messagesUnusable),
            ("payloads failed", payloadsFailed), ("payloads removed", payloadsRemoved),
            ("duplicates dropped", duplicatesDropped),
            ("abandoned", messagesAbandoned), ("losses", losses), ("messages lost", messagesLost),
            ("memory held", memoryHeld),
        ]
        let told = counts.filter { $0.1 != 0 }.map { "\($0.0) \($0.1)" }
        return told.isEmpty ? "nothing sent, nothing received" : told.joined(separator: ", ")
    }
}

/// Time since it was made.
struct Stopwatch: Sendable {
    private let start = ContinuousClock.now

    var elapsed: Duration { ContinuousClock.now - start }
}

/// Where the parts of a bridge count. One short lock for each thing that is counted: what a
/// message costs otherwise is a hundred times as much.
final class BridgeCounters: Sendable {
    /// What is timed, by the name that metrics give it.
    enum Operation: String {
        case send, request, publish, receive, upload, download
    }

    private struct State {
        var statistics = BridgeStatistics()
        var operations = DurationTable()
        var processing = DurationHistogram()
    }

    private let state = Mutex(State())

    var snapshot: BridgeStatistics { state.withLock { $0.statistics } }

    /// Everything as it was at one moment.
    var all: (BridgeStatistics, operations: DurationTable, processing: DurationHistogram) {
        state.withLock { ($0.statistics, $0.operations, $0.processing) }
    }

    func count(_ change: (inout BridgeStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }

    /// An operation has ended, with an error or without.
    func timed(_ operation: Operation, _ error: ErrorCode?, _ time: Duration) {
        state.withLock { $0.operations.record(operation.rawValue, error, time) }
    }

    func uploaded(_ bytes: Int, _ time: Duration) {
        timed(.upload, nil, time)
        count { statistics in
            statistics.uploads += 1
            statistics.bytesUploaded += bytes
        }
    }

    func downloaded(_ bytes: Int, _ time: Duration) {
        timed(.download, nil, time)
        count { statistics in
            statistics.downloads += 1
            statistics.bytesDownloaded += bytes
        }
    }

    /// A loop is done with a message.
    func processed(_ time: Duration) { state.withLock { $0.processing.record(time) } }
}

extension Bridge {
    /// Counts and times a call that sends.
    /// - Parameter mode: With `none` nothing is sent.
    func timing<R: Sendable>(
        _ operation: BridgeCounters.Operation, _ mode: PublishMode = .core,
        _ body: () async throws(BridgeError) -> R
    ) async throws(BridgeError) -> R {
        let watch = Stopwatch()
        do throws(BridgeError) {
            let result = try await body()
            if mode != .none { counters.count { $0.messagesSent += 1 } }
            counters.timed(operation, nil, watch.elapsed)
            return result
        } catch {
            counters.timed(operation, error.code, watch.elapsed)
            throw error
        }
    }
}
