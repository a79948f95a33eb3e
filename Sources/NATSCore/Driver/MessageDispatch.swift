internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire

/// Sorts the messages of one read by subscription, so that each consumer gets one batch.
///
/// A batch that is a small part of what was read is copied out, so that a few small messages
/// which wait for long do not keep a large receive buffer each: what a subscription holds is at
/// most `pinFactor` times what its limits count, and the buffer can be used again.
///
/// Belongs to the reactor's thread. Messages of one subscription keep their order; a subscription
/// that takes turns with others still gets one batch a read, as long as there are few of them.
struct MessageDispatch {
    private struct OpenBatch {
        let sink: SubscriptionSink
        var messages: [NATSMessage] = []
        var weight = 0
        var frameBytes = 0
    }

    /// What consumers said to their batches.
    struct Report {
        /// Sinks that want a pause.
        var paused: [SubscriptionSink] = []
        /// Sinks that began to drop messages.
        var dropping: [SubscriptionSink] = []
        /// Sinks that ended with a failure.
        var failed: [SubscriptionSink] = []

        var isEmpty: Bool { paused.isEmpty && dropping.isEmpty && failed.isEmpty }
    }

    /// Most subscriptions that collect at the same time; one more hands all batches over first.
    private static let openLimit = 16
    /// How much more memory than their own size messages may keep.
    private static let pinFactor = 8

    private var batches: [OpenBatch] = []
    private var last = 0
    /// Messages in the largest batch of the last turn.
    private var largest = 0
    private var report = Report()
    private var answers: [NATSMessage] = []
    private var answerBytes = 0

    /// Adds a message.
    /// - Parameter bufferSize: Size of the memory that the messages are views of, in bytes.
    mutating func add(
        _ message: consuming NATSMessage, size: Int, to sink: SubscriptionSink,
        of bufferSize: Int
    ) {
        if last >= batches.count || batches[last].sink !== sink {
            if let index = batches.firstIndex(where: { $0.sink === sink }) {
                last = index
            } else {
                if batches.count == Self.openLimit { handOver(of: bufferSize) }
                last = batches.count
                batches.append(OpenBatch(sink: sink))
                // Batches of a stream are alike; one that turns out small is copied anyway.
                batches[last].messages.reserveCapacity(largest)
            }
        }
        batches[last].weight += size
        batches[last].frameBytes += message.frameSize
        batches[last].messages.append(message)
    }

    /// Adds the answer to a request.
    mutating func add(answer: consuming NATSMessage) {
        answerBytes += answer.frameSize
        answers.append(answer)
    }

    /// Hands all answers over, if there are any.
    mutating func handOverAnswers(of bufferSize: Int, to take: ([NATSMessage]) -> Void) {
        guard !answers.isEmpty else { return }
        take(Self.unpinned(answers, frameBytes: answerBytes, of: bufferSize))
        answers.removeAll(keepingCapacity: true)
        answerBytes = 0
    }

    /// The messages themselves, or copies when they would keep much more memory than they need.
    private static func unpinned(
        _ messages: [NATSMessage], frameBytes: Int, of bufferSize: Int
    ) -> [NATSMessage] {
        frameBytes * pinFactor < bufferSize
            ? NATSMessage.copies(messages, count: frameBytes) : messages
    }

    /// Hands every batch to its consumer.
    mutating func handOver(of bufferSize: Int) {
        guard !batches.isEmpty else { return }
        largest = 0
        for batch in batches {
            largest = max(largest, batch.messages.count)
            let messages = Self.unpinned(
                batch.messages, frameBytes: batch.frameBytes, of: bufferSize)
            switch batch.sink.delivery.add(messages, weight: batch.weight) {
            case .accepted: break
            case .pause: report.paused.append(batch.sink)
            case .beganDropping: report.dropping.append(batch.sink)
            case .failed: report.failed.append(batch.sink)
            }
        }
        batches.removeAll(keepingCapacity: true)
        last = 0
    }

    /// What consumers have said since this was asked last; nil: nothing, as almost always.
    mutating func takeReport() -> Report? {
        guard !report.isEmpty else { return nil }
        defer { report = Report() }
        return report
    }
}
