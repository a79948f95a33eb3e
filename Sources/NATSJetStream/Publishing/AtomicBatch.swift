// Theory of operation (ADR-50).
//
// The messages of a batch carry its identifier and their number. The stream answers the first one
// with an empty message when it has begun the batch; only then the others are sent, so that a
// stream that takes no batches refuses one message and not a thousand. Those between are answered
// empty, too, or refused. The last one asks to store them all, and its answer is the stream's
// word. Until then nothing is stored, and a batch that comes to no end is forgotten by the server
// after ten seconds: so only when the last message may have been sent is the outcome unknown.
//
// A refusal of a message between comes before the answer to the last one, which then says only
// that the batch is incomplete: the first refusal is what is told.
internal import BridgeBytes
internal import NATSCore
internal import NATSWire

extension JetStream {
    /// Publishes messages that one stream stores all together, or none of them (ADR-50, server
    /// 2.12). Needs `allowsAtomicPublish` of the stream.
    ///
    /// A server takes a thousand messages at most unless it is configured otherwise; expectations
    /// about the stream are checked when all of them have come, against what was there before.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; unless the last message was
    /// sent by then, nothing is stored.
    /// - Throws: `JetStreamError` with `invalidArgument` for no message at all, `serverTooOld`, and
    ///   as `publish`; `refused` when the stream takes no batches or not this one. Its `outcome`
    ///   says what is known of the batch: `lost` or `denied` (nothing is stored) or `unknown`.
    @discardableResult
    public func publishAtomically(
        _ messages: [PublishRequest]
    ) async throws(JetStreamError) -> AtomicBatchAck {
        guard !messages.isEmpty else {
            throw JetStreamError(
                .invalidArgument, operation: "publish", detail: "a batch has a message",
                outcome: .lost)
        }
        do throws(JetStreamError) {
            try require(Self.levelOfBatches, operation: "publish", stream: "")
        } catch {
            throw error.knowing(.lost)
        }
        var batch = try AtomicBatch(self, messages)
        return try await batch.run()
    }

    /// The API level that came with batches.
    private static let levelOfBatches = 2
}

/// One batch on its way into a stream.
private struct AtomicBatch {
    private let jetStream: JetStream
    private let id: String
    private let messages: [OutgoingMessage]
    private var reader: InboxReader
    /// What the stream said first against a message.
    private var refusal: JetStreamError?

    private static let idName: HeaderName = "Nats-Batch-Id"
    private static let sequenceName: HeaderName = "Nats-Batch-Sequence"
    private static let commitName: HeaderName = "Nats-Batch-Commit"
    private static let commit: HeaderValue = "1"

    init(_ jetStream: JetStream, _ requests: [PublishRequest]) throws(JetStreamError) {
        self.jetStream = jetStream
        do throws(NATSError) {
            reader = try InboxReader(client: jetStream.client, answers: .numbered)
        } catch {
            throw JetStreamError(error, operation: "publish").knowing(.lost)
        }
        var generator = SystemGenerator()
        let id = UniqueID.token(using: &generator)
        let inbox = reader.inbox.text
        messages = requests.enumerated().map { index, request in
            var headers = request.options.apply(to: request.headers)
            headers.set(Self.idName, HeaderValue(received: Bytes(utf8: id)))
            headers.set(Self.sequenceName, HeaderValue(index + 1))
            if index == requests.count - 1 { headers.set(Self.commitName, Self.commit) }
            return OutgoingMessage(
                request.payload, to: request.subject,
                replyTo: Subject(received: Bytes(utf8: "\(inbox).\(index)")), headers: headers)
        }
        self.id = id
    }

    mutating func run() async throws(JetStreamError) -> AtomicBatchAck {
        if messages.count > 1 { try await begin() }
        var retries = jetStream.options.publishRetries
        try await send(messages.count > 1 ? 1 : 0)
        while true {
            let (number, answer) = try await nextAnswer(isCommitted: true)
            guard number == messages.count - 1 else {
                note(answer)
                continue
            }
            guard answer.isNobody else { return try result(answer) }
            // Only a batch of one message can have met nobody with its last one and go on.
            guard messages.count == 1, retries > 0 else { throw await nobody(number) }
            retries -= 1
            try await pause()
            try await send(0)
        }
    }

    /// Sends the first message, and waits until the stream has begun the batch.
    private mutating func begin() async throws(JetStreamError) {
        var retries = jetStream.options.publishRetries
        while true {
            try await send(0, to: 1)
            let (_, answer) = try await nextAnswer(isCommitted: false)
            if answer.payload.isEmpty, !answer.hasHeaders { return }
            guard answer.isNobody else {
                _ = try result(answer)
                throw JetStreamError(
                    .unexpectedAnswer, operation: "publish", subject: messages[0].subject.text,
                    detail: "the first message of a batch was answered as the last one",
                    outcome: .unknown)
            }
            guard retries > 0 else { throw await nobody(0) }
            retries -= 1
            try await pause()
        }
    }

    /// Puts messages into the outbox, from a position on.
    private func send(_ start: Int, to end: Int? = nil) async throws(JetStreamError) {
        var position = start
        let sent = end.map { Array(messages[..<$0]) } ?? messages
        do throws(NATSError) {
            try await jetStream.client.publish(sent, from: &position)
        } catch {
            // The last one was not sent, and so nothing will be stored.
            let subject = messages[min(position, messages.count - 1)].subject
            throw JetStreamError(publishing: error, to: subject).knowing(.lost)
        }
    }

    /// The next answer, and to which message.
    private mutating func nextAnswer(
        isCommitted: Bool
    ) async throws(JetStreamError) -> (Int, NATSMessage) {
        let outcome = isCommitted ? PublishOutcome.unknown : .denied
        while true {
            let event: InboxReader.Event
            do throws(NATSError) {
                event = try await reader.next(until: .now + jetStream.options.timeout)
            } catch {
                throw JetStreamError(error, operation: "publish").knowing(outcome)
            }
            switch event {
            case .message(let message):
                if let words = message.refusal {
                    // One that does not come to the stream keeps all of them out.
                    let isOurs = messages.contains { $0.subject == message.subject }
                    guard isOurs else { continue }
                    throw JetStreamError(forbidden: message.subject, words, outcome: .denied)
                }
                let subject = message.subject.bytes
                let start = reader.inbox.bytes.count + 1
                guard subject.count > start,
                    let number = Decimal.parse(subject.span.extracting(start..<subject.count)),
                    messages.indices.contains(number)
                else { continue }
                return (number, message)
            case .timeout: throw failure(.timeout, "no answer in time", outcome)
            case .cancelled: throw failure(.cancelled, "", outcome)
            case .closed: throw failure(.closed, "the client is closed", outcome)
            }
        }
    }

    /// What ended the batch: the first refusal if there is one, since that decides.
    private func failure(
        _ code: ErrorCode, _ detail: String, _ outcome: PublishOutcome
    ) -> JetStreamError {
        refusal
            ?? JetStreamError(
                code, operation: "publish", subject: messages[0].subject.text, detail: detail,
                outcome: outcome)
    }

    /// Keeps the first thing that was said against a message.
    private mutating func note(_ answer: NATSMessage) {
        guard refusal == nil, !answer.payload.isEmpty else { return }
        do throws(JetStreamError) {
            _ = try APIAnswer.parse(answer.payload, operation: "publish", stream: "")
        } catch {
            refusal = error.knowing(.denied)
        }
    }

    /// The stream's word on the whole batch.
    private func result(_ answer: NATSMessage) throws(JetStreamError) -> AtomicBatchAck {
        do throws(JetStreamError) {
            return try AtomicBatchAck(parsing: answer.payload, batch: id, of: messages.count)
        } catch {
            throw refusal ?? error.knowing(error.apiError == nil ? .unknown : .denied)
        }
    }

    private func nobody(_ number: Int) async -> JetStreamError {
        let subject = messages[number].subject
        return await jetStream.absence(of: subject).error(subject)
    }

    private func pause() async throws(JetStreamError) {
        do throws(JetStreamError) {
            try await JetStream.pause(jetStream.options.publishRetryWait)
        } catch {
            throw error.knowing(.denied)
        }
    }
}

extension NATSMessage {
    /// Whether the server says that nobody listens.
    fileprivate var isNobody: Bool {
        hasHeaders && status?.code == HeaderStatus.noRespondersCode
    }
}
