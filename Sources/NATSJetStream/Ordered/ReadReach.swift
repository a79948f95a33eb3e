// Theory of operation.
//
// In a stream with replicas the cluster puts a consumer on any of them, and one that is catching up
// says that nothing is pending when its leader has more. So when the consumer has nothing to
// deliver any more, the leader is asked for the newest message that the read has to deliver: the
// target. The read is whole when it has come so far. While it has not, the leader is asked now and
// then whether it still has the target. If so, the replica lacks it, and the read waits for it;
// after two heartbeats without a message another consumer is made, which may be put elsewhere. If
// not, it was removed, and what is the newest by then is the target.
internal import BridgeBytes
internal import NATSWire

/// How far a read must come that may be answered by a server that lacks something.
package struct ReadReach: Sendable, Equatable {
    /// What the leader is to be asked.
    package enum Question: Equatable, Sendable {
        /// The number of the newest message that the read has to deliver.
        case newest
        /// Whether the stream still has this message.
        case isStored(UInt64)
    }

    /// Heartbeats without a message until another consumer may be of use.
    private static let mostSilences = 2

    /// Nil before it is known; 0: nothing is to be reached.
    private var target: UInt64? = 0
    private var isDue = false
    private var silences = 0

    package init() {}

    /// A consumer was made.
    /// - Parameter isReplicated: Whether others than the leader may answer for it.
    package mutating func opened(isReplicated: Bool, isFirst: Bool) {
        (isDue, silences) = (true, 0)
        if isFirst { target = isReplicated ? nil : 0 }
    }

    /// Whether a read that has come to this number is whole.
    package func isReached(_ last: UInt64) -> Bool { target.map { last >= $0 } ?? false }

    /// What is to be asked now; nil: to wait. It is asked once, and again after a heartbeat.
    package mutating func question() -> Question? {
        guard let target else { return .newest }
        guard isDue else { return nil }
        isDue = false
        return .isStored(target)
    }

    /// The newest message that is to be delivered has this number; 0: there is none.
    package mutating func found(newest: UInt64) { (target, isDue) = (newest, false) }

    /// The target is there no more.
    package mutating func wasRemoved() { target = nil }

    /// A message came.
    package mutating func received() { silences = 0 }

    /// A heartbeat came, or nothing for as long.
    /// - Returns: Whether another consumer may be of use.
    package mutating func heard() -> Bool {
        (isDue, silences) = (true, silences + 1)
        return silences >= Self.mostSilences
    }
}

extension JetStream {
    /// Asks the leader what a read wants to know of it. A user who may not ask, or whose account
    /// imports other questions only, reads what there is.
    func ask(
        _ question: ReadReach.Question, for reach: inout ReadReach, in stream: String,
        _ filters: [SubjectPattern], from start: ConsumerConfiguration.DeliverPolicy
    ) async throws(JetStreamError) {
        do throws(JetStreamError) {
            switch question {
            case .newest:
                reach.found(newest: try await newest(in: stream, filters, from: start))
            case .isStored(let number):
                do throws(JetStreamError) {
                    _ = try await message(number, in: stream)
                } catch  where error.code == .messageNotFound {
                    reach.wasRemoved()
                }
            }
        } catch  where Self.unaskable.contains(error.code) {
            reach.found(newest: 0)
        }
    }

    private static let unaskable: Set<ErrorCode> = [
        .permissionDenied, .noResponders, .jetStreamDisabled, .refused,
    ]

    /// The number of the newest message that a read has to deliver, as the leader knows it.
    private func newest(
        in stream: String, _ filters: [SubjectPattern],
        from start: ConsumerConfiguration.DeliverPolicy
    ) async throws(JetStreamError) -> UInt64 {
        guard start != .new else { return 0 }
        var newest: UInt64 = 0
        for filter in filters.isEmpty ? [SubjectPattern(">")] : filters {
            do throws(JetStreamError) {
                let message = try await lastMessage(
                    on: Subject(received: filter.bytes), in: stream)
                if start.includes(message) { newest = max(newest, message.sequence) }
            } catch  where error.code == .messageNotFound {
                continue
            }
        }
        return newest
    }
}

extension ConsumerConfiguration.DeliverPolicy {
    /// Whether a message that matches is delivered, or one behind it.
    fileprivate func includes(_ message: StoredMessage) -> Bool {
        switch self {
        case .byStartSequence(let number): message.sequence >= number
        case .byStartTime(let time): message.time >= time
        case .new: false
        case .all, .last, .lastPerSubject, .other: true
        }
    }
}
