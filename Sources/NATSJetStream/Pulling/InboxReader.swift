// Theory of operation.
//
// A reader owns one subscription to a fresh inbox and takes its messages batch by batch, each wait
// for a batch with a deadline. After a timeout the inbox is still open, and a late answer comes to
// it: whoever must not take that for the answer to a later question opens another one. Among the
// answers come the server's refusals of what this client has published (`NATSMessage.refusal`).
internal import BridgeBytes
internal import NATSCore
internal import NATSWire

/// Takes messages from an inbox of its own, one at a time, with a deadline for each.
struct InboxReader: Sendable {
    enum Event: Sendable {
        case message(NATSMessage)
        /// The deadline has passed.
        case timeout
        /// The client is closed.
        case closed
        /// Our task is cancelled.
        case cancelled
    }

    enum Batch: Sendable {
        /// At least one.
        case messages([NATSMessage])
        /// No message.
        case event(Event)
    }

    /// Where answers come, seen from the inbox.
    enum Answers: String, Sendable {
        /// To the inbox itself.
        case single = ""
        /// To subjects one token below it.
        case numbered = ".*"
        /// To any subject below it.
        case nested = ".>"
    }

    /// The subject to be given as reply address, or what that begins with.
    let inbox: Subject
    private let subscription: NATSSubscription
    private var batch: [NATSMessage] = []
    private var position = 0

    init(client: NATSClient, answers: Answers = .single) throws(NATSError) {
        // One token more than the client's own inboxes have, so that its shared subscription
        // for answers does not get these messages as well.
        inbox = Subject(received: Bytes(utf8: client.newInbox().text + ".js"))
        let text = inbox.text + answers.rawValue
        let pattern: SubjectPattern
        do throws(SubjectError) {
            pattern = try SubjectPattern(text)
        } catch {
            throw NATSError(.invalidArgument, stage: .subscribe, detail: error.description)
        }
        subscription = try client.subscribeToAnswers(pattern)
    }

    /// The next message, or what happened first.
    mutating func next(
        until deadline: ContinuousClock.Instant
    ) async throws(NATSError) -> Event {
        if position >= batch.count {
            switch try await nextBatch(until: deadline) {
            case .messages(let messages): (batch, position) = (messages, 0)
            case .event(let event): return event
            }
        }
        defer { position += 1 }
        return .message(batch[position])
    }

    /// The messages that came together, or what happened first. Not together with `next`, which
    /// may hold some.
    func nextBatch(
        until deadline: ContinuousClock.Instant
    ) async throws(NATSError) -> Batch {
        do throws(NATSError) {
            if let messages = try await subscription.nextBatch(until: deadline), !messages.isEmpty {
                return .messages(messages)
            }
        } catch  where error.code == .timeout {
            return .event(.timeout)
        }
        return .event(Task.isCancelled ? .cancelled : .closed)
    }
}
