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

    /// What the batches of one turn say to the driver.
    struct Report {
        /// Sinks that want a pause.
        var paused: [SubscriptionSink] = []
        /// Sinks that began to drop messages.
        var dropping: [SubscriptionSink] = []
        /// Sinks that ended with a failure.
        var failed: [SubscriptionSink] = []

        var isEmpty: Bool { paused.isEmpty && dropping.isEmpty && failed.isEmpty }

        static func += (left: inout Report, right: Report) {
            guard !right.isEmpty else { return }
            left.paused += right.paused
            left.dropping += right.dropping
            left.failed += right.failed
        }
    }

    /// Most subscriptions that collect at the same time; one more hands all batches over first.
    private static let openLimit = 16
    /// How much more memory than their own size messages may keep.
    private static let pinFactor = 8

    private var batches: [OpenBatch] = []
    private var last = 0
    private var answers: [NATSMessage] = []
    private var answerBytes = 0

    /// Adds a message. Returns what the consumers of other messages say, almost always nothing.
    /// - Parameter bufferSize: Size of the memory that the messages are views of, in bytes.
    mutating func add(
        _ message: NATSMessage, to sink: SubscriptionSink, of bufferSize: Int
    ) -> Report {
        var report = Report()
        if last >= batches.count || batches[last].sink !== sink {
            if let index = batches.firstIndex(where: { $0.sink === sink }) {
                last = index
            } else {
                if batches.count == Self.openLimit { report = handOver(of: bufferSize) }
                last = batches.count
                batches.append(OpenBatch(sink: sink))
            }
        }
        batches[last].messages.append(message)
        batches[last].weight += message.size
        batches[last].frameBytes += message.frameSize
        return report
    }

    /// Adds the answer to a request.
    mutating func add(answer: NATSMessage) {
        answers.append(answer)
        answerBytes += answer.frameSize
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
    mutating func handOver(of bufferSize: Int) -> Report {
        var report = Report()
        guard !batches.isEmpty else { return report }
        for batch in batches {
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
        return report
    }
}
