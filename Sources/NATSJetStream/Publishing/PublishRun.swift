// Theory of operation.
//
// Messages go out in groups: those for which there is room in the window are put into the outbox
// together, when the window is full or `groupBytes` of payload wait, and the answers that came
// together are settled together. So one write carries many messages, and a wait is paid once for
// a group. `take` does not suspend and is called for each message; `makeRoom` when it says so.
internal import BridgeBytes
internal import NATSCore
internal import NATSWire

/// Drives a `PublishWindow`: one inbox whose last token is the number of the message.
@usableFromInline struct PublishRun: Sendable {
    /// So much payload is put into the outbox at once: as much as one write takes well.
    private static let groupBytes = 64 << 10

    private let jetStream: JetStream
    private var window: PublishWindow<UnansweredMessage>
    private let reader: InboxReader
    /// The inbox and a dot, before the number of a message.
    private let inbox: Bytes
    /// Messages that are about to be sent, and their numbers.
    private var group: [OutgoingMessage] = []
    private var groupNumbers: [Int] = []
    private var groupBytes = 0
    private var results = PublishResults()
    private var isOver = false
    private var refusals = PublishRefusals()
    /// Why nobody took the last message that was given up; asked for once for a subject.
    private var absence: (subject: Subject, reason: StreamAbsence)?

    @usableFromInline init(_ jetStream: JetStream, maxOutstanding: Int) throws(JetStreamError) {
        guard maxOutstanding > 0 else {
            throw JetStreamError(
                .invalidArgument, operation: "publish",
                detail: "at least one message may be outstanding, not \(maxOutstanding)")
        }
        self.jetStream = jetStream
        window = PublishWindow(size: maxOutstanding, retries: jetStream.options.publishRetries)
        do throws(NATSError) {
            reader = try InboxReader(client: jetStream.client, answers: .numbered)
        } catch {
            throw JetStreamError(error, operation: "publish")
        }
        inbox = Bytes(utf8: reader.inbox.text + ".")
    }

    /// Takes a message. Returns whether `makeRoom` must be called before the next one.
    @usableFromInline mutating func take(_ request: PublishRequest) -> Bool {
        guard !isOver else {
            let error = JetStreamError(
                .notSent, operation: "publish", detail: "earlier messages got no answer",
                outcome: .lost)
            results.append(.failure(error))
            return false
        }
        let message = UnansweredMessage(request)
        do throws(JetStreamError) {
            try jetStream.require(request.options, request.subject)
        } catch {
            // It has a number all the same, which nobody answers.
            _ = window.answered(window.opened(message))
            results.append(.failure(error))
            return false
        }
        results.expect()
        group.append(
            OutgoingMessage(message.payload, to: message.subject, headers: message.headers))
        groupNumbers.append(window.opened(message))
        groupBytes += request.payload.count
        return groupBytes >= Self.groupBytes || window.isFull
    }

    /// Sends what was taken, and waits while the window is full.
    @usableFromInline mutating func makeRoom() async throws(JetStreamError) {
        try await sendGroup()
        while window.isFull && !isOver { try await settleSome() }
    }

    /// Waits for the answers that are missing.
    @usableFromInline mutating func finish() async throws(JetStreamError) -> PublishResults {
        try await sendGroup()
        while !window.isEmpty && !isOver { try await settleSome() }
        return results
    }

    private mutating func sendGroup() async throws(JetStreamError) {
        guard !group.isEmpty else { return }
        try await sendNumbered()
        group.removeAll(keepingCapacity: true)
        groupNumbers.removeAll(keepingCapacity: true)
        groupBytes = 0
    }

    /// Sends again what nobody took.
    private mutating func sendAgain() async throws(JetStreamError) {
        for number in window.takeWaiting() {
            guard let message = window.message(number) else { continue }
            group.append(
                OutgoingMessage(message.payload, to: message.subject, headers: message.headers))
            groupNumbers.append(number)
        }
        try await sendGroup()
    }

    private mutating func sendNumbered() async throws(JetStreamError) {
        addReplies()
        var position = 0
        while position < group.count {
            do throws(NATSError) {
                try await jetStream.client.publish(group, from: &position)
            } catch  where error.code == .closed || error.code == .cancelled {
                throw JetStreamError(error, operation: "publish")
            } catch {
                let number = groupNumbers[position]
                _ = window.answered(number)
                results.settle(
                    number,
                    .failure(JetStreamError(publishing: error, to: group[position].subject)))
                position += 1
            }
        }
    }

    /// Says where the answers to the group go; these subjects share one memory.
    private mutating func addReplies() {
        var writer = ByteWriter(capacity: group.count * (inbox.count + 8))
        var ends: [Int] = []
        ends.reserveCapacity(group.count)
        for number in groupNumbers {
            writer.append(inbox)
            writer.append(decimal: number)
            ends.append(writer.count)
        }
        let subjects = writer.finish()
        var start = 0
        for index in group.indices {
            group[index].replyTo = Subject(received: subjects[start..<ends[index]])
            start = ends[index]
        }
    }

    private mutating func settleSome() async throws(JetStreamError) {
        if window.mustSendAgain {
            try await JetStream.pause(jetStream.options.publishRetryWait)
            return try await sendAgain()
        }
        let batch: InboxReader.Batch
        do throws(NATSError) {
            batch = try await reader.nextBatch(until: .now + jetStream.options.timeout)
        } catch {
            throw JetStreamError(error, operation: "publish")
        }
        switch batch {
        case .messages(let messages):
            for message in messages {
                if let words = message.refusal {
                    refusals.add(message.subject, words: words)
                } else if let (number, subject) = answered(message) {
                    await giveUp(number, subject)
                }
            }
            if !refusals.isEmpty { settleRefused() }
        case .event(.timeout): isOver = true
        case .event(.cancelled): throw JetStreamError(.cancelled, operation: "publish")
        case .event: throw JetStreamError(.closed, operation: "publish")
        }
    }

    /// Settles what an answer is about. Returns its number and subject if nobody took the message,
    /// and it is not to be sent again.
    private mutating func answered(_ message: NATSMessage) -> (Int, Subject)? {
        let subject = message.subject.bytes
        guard subject.count > inbox.count,
            let number = Decimal.parse(subject.span.extracting(inbox.count..<subject.count))
        else { return nil }
        if message.hasHeaders, message.status?.code == HeaderStatus.noRespondersCode {
            let refused = window.message(number)
            guard window.nobodyListened(number) == .giveUp, let refused else { return nil }
            return (number, refused.subject)
        }
        guard window.answered(number) else { return nil }
        if let ack = PlainAck(message) {
            results.settle(number, ack.sequence, stream: ack.stream)
            return nil
        }
        do throws(JetStreamError) {
            results.settle(number, .success(try PublishAck(answer: message)))
        } catch {
            results.settle(number, .failure(error))
        }
        return nil
    }

    /// Settles the messages that the server has refused, as far as it is clear which these are.
    private mutating func settleRefused() {
        let verdicts = refusals.settle(outstanding: window.count) { [window] subject in
            window.numbers { $0.subject == subject }
        }
        for verdict in verdicts where window.answered(verdict.number) {
            results.settle(
                verdict.number,
                .failure(
                    JetStreamError(forbidden: verdict.subject, verdict.words, outcome: .denied)))
        }
    }

    private mutating func giveUp(_ number: Int, _ subject: Subject) async {
        if absence?.subject != subject {
            absence = (subject, await jetStream.absence(of: subject))
        }
        results.settle(number, .failure((absence?.reason ?? .unknown).error(subject)))
    }
}
