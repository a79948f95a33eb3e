// Theory of operation.
//
// `FastBatchAccount` counts; this sends and takes answers. Each message's reply subject is
// `<inbox>.<id>.<flow>.<ok|fail>.<number>.<operation>.$FI`, and one subscription of the batch's own
// takes all answers, so that its end tells the server that nobody listens. The first message is
// sent alone and again while nobody takes it; then messages follow as the account lets them.
public import BridgeBytes
internal import NATSCore
public import NATSWire

extension JetStream {
    /// Begins a fast batch (ADR-50, server 2.14): messages for one stream, any number, that it
    /// acknowledges many at a time and as fast as it can take them. Needs `allowsBatchedPublish` of
    /// the stream.
    ///
    /// A batch that gets no message for ten seconds is forgotten by the server: `ping()` keeps it.
    /// - Throws: `JetStreamError` with `invalidArgument`, `serverTooOld` or `closed`; nothing was
    ///   sent then.
    public func fastBatch(
        _ options: FastBatchOptions = FastBatchOptions()
    ) throws(JetStreamError) -> FastBatch {
        try FastBatch(self, options)
    }

    /// Publishes messages as one fast batch; see `fastBatch(_:)`. The sequence is read as far as
    /// the stream lets it, and messages are sent in groups of up to 64 KiB.
    ///
    /// Cancelling the task ends the batch with the code `cancelled` as its `failure`.
    /// - Returns: What became of the messages; whether all are stored is `isWhole`.
    /// - Throws: `JetStreamError`, as `fastBatch(_:)`.
    public func publishFast(
        _ messages: some Sequence<PublishRequest>, options: FastBatchOptions = FastBatchOptions()
    ) async throws(JetStreamError) -> FastBatchAck {
        var batch = try fastBatch(options)
        for message in messages {
            guard batch.take(message) else { continue }
            guard (try? await batch.makeRoom()) != nil else { break }
        }
        return await batch.commit()
    }
}

/// A fast batch on its way into a stream; see `JetStream.fastBatch(_:)`.
///
/// It belongs to one task, and a copy of it is no other batch.
public struct FastBatch: Sendable {
    private enum Operation: Int {
        case start
        case append
        case commit
        case commitWithout
        case ping
    }

    private static let groupBytes = 64 << 10
    /// The stream is asked so often within the options' `timeout` what it has.
    private static let pingsPerTimeout = 3

    private let jetStream: JetStream
    private let options: FastBatchOptions
    private var account: FastBatchAccount
    private var reader: InboxReader
    /// What stands before the number of a message in its reply subject.
    private let prefix: Bytes
    private var group: [OutgoingMessage] = []
    private var groupBytes = 0
    /// Any subject of the batch, to which pings and the end go.
    private var subject: Subject?
    private var failure: JetStreamError?
    /// The message that it began with, where that is known.
    private var failedAt: UInt64?
    private var missing: [ClosedRange<Int>] = []
    private var refusals: [Int: JetStreamError] = [:]

    /// The API level that came with fast batches.
    private static let level = 4

    init(_ jetStream: JetStream, _ options: FastBatchOptions) throws(JetStreamError) {
        try options.check()
        try jetStream.require(Self.level, operation: "publish", stream: "")
        do throws(NATSError) {
            reader = try InboxReader(client: jetStream.client, answers: .nested)
        } catch {
            throw JetStreamError(error, operation: "publish").knowing(.lost)
        }
        var generator = SystemGenerator()
        let mode = options.allowsGaps ? "ok" : "fail"
        let id = UniqueID.token(using: &generator)
        prefix = Bytes(utf8: "\(reader.inbox.text).\(id).\(options.flow).\(mode).")
        account = FastBatchAccount(
            maxOutstanding: options.outstanding, allowsGaps: options.allowsGaps)
        (self.jetStream, self.options) = (jetStream, options)
    }

    /// So many messages from the first on have come to the stream; they need not be kept for
    /// another attempt.
    public var reached: Int { Int(clamping: account.reached) }

    /// Sends a message; waits while the stream is behind, and for its first word.
    ///
    /// Cancelling the task ends the wait, and the batch, with the code `cancelled`.
    /// - Throws: `JetStreamError` with the reason for which the batch has ended, `tooLarge` or
    ///   `closed`. This message was not sent then, or is not stored; `commit()` tells what is known
    ///   of the others.
    public mutating func add(
        _ payload: some BytesConvertible, to subject: Subject, headers: Headers = Headers(),
        options: PublishOptions = PublishOptions()
    ) async throws(JetStreamError) {
        guard account.isOpen else { throw over() }
        _ = take(PublishRequest(payload.bytes, to: subject, headers: headers, options: options))
        try await makeRoom()
    }

    private func over() -> JetStreamError {
        failure?.knowing(.lost)
            ?? JetStreamError(
                .closed, operation: "publish", detail: "the batch has ended", outcome: .lost)
    }

    /// Asks the stream what it has, which also keeps the batch.
    /// - Throws: `JetStreamError` with `outboxFull` or `closed`.
    public mutating func ping() throws(JetStreamError) {
        if account.isOpen { try ask() }
    }

    /// Ends the batch, and tells what became of its messages.
    ///
    /// Cancelling the task ends the wait; `failure` has the code `cancelled` then.
    public mutating func commit() async -> FastBatchAck {
        // What fails here is noted.
        if account.isOpen { try? await makeRoom() }
        if account.sent > 0, !account.isOver { await end() }
        // By now it may be known what came before the message that ended it.
        if let failedAt { failure = failure?.knowing(outcome(of: failedAt)) }
        let isUnexplained = failure == nil && account.reached < account.sent && refusals.isEmpty
        if isUnexplained {
            failure = JetStreamError(
                .batchIncomplete, operation: "publish", stream: account.stream,
                detail: "messages from \(account.reached + 1) on did not come to the stream",
                outcome: .denied)
        }
        return FastBatchAck(
            stream: account.stream, sent: Int(clamping: account.sent), reached: reached,
            lastSequence: account.lastSequence, missing: missing, refusals: refusals,
            failure: failure, domain: account.domain)
    }
}

extension FastBatch {
    /// Takes a message. Returns whether `makeRoom` must be called before the next one.
    fileprivate mutating func take(_ request: PublishRequest) -> Bool {
        group.append(
            OutgoingMessage(
                request.payload, to: request.subject,
                headers: request.options.apply(to: request.headers)))
        groupBytes += request.payload.count
        let ahead = account.sent + UInt64(group.count) - account.reached
        let most = account.flow * UInt64(options.outstanding)
        return groupBytes >= Self.groupBytes || ahead >= most
    }

    /// Sends what was taken, and waits while the stream is behind.
    fileprivate mutating func makeRoom() async throws(JetStreamError) {
        if account.sent == 0, !group.isEmpty {
            try await begin()
        } else {
            try await sendGroup()
        }
        while account.mustWait { try await settleSome() }
        if let failure { throw failure }
    }

    /// Sends the first message, again while nobody takes it, until the stream has spoken.
    private mutating func begin() async throws(JetStreamError) {
        let rest = Array(group.dropFirst())
        group = [group[0]]
        let first = group[0]
        var retries = jetStream.options.publishRetries
        while true {
            try await sendGroup()
            while account.mustWait {
                guard try await settleSome(patient: retries > 0) else { break }
            }
            guard account.isOpen, account.flow == 0 else { break }
            retries -= 1
            account.takesBack(to: 0)
            group = [first]
            do throws(JetStreamError) {
                try await JetStream.pause(jetStream.options.publishRetryWait)
            } catch {
                throw note(error.knowing(.denied))
            }
        }
        if let failure { throw failure }
        group = rest
        try await sendGroup()
    }

    private mutating func sendGroup() async throws(JetStreamError) {
        guard !group.isEmpty else { return }
        let before = account.sent
        numberGroup()
        subject = group.last?.subject
        var position = 0
        defer { (group, groupBytes) = ([], 0) }
        do throws(NATSError) {
            try await jetStream.client.publish(group, from: &position)
        } catch {
            account.takesBack(to: before + UInt64(position))
            throw note(
                JetStreamError(publishing: error, to: group[min(position, group.count - 1)].subject)
                    .knowing(.lost))
        }
    }

    /// Gives the messages their reply subjects, which share one memory.
    private mutating func numberGroup() {
        var writer = ByteWriter(capacity: group.count * (prefix.count + 16))
        var ends: [Int] = []
        ends.reserveCapacity(group.count)
        for _ in group {
            let number = account.sends()
            writer.append(prefix)
            writer.append(decimal: Int(clamping: number))
            writer.append(number == 1 ? Self.startTail : Self.appendTail)
            ends.append(writer.count)
        }
        let subjects = writer.finish()
        var start = 0
        for (index, end) in ends.enumerated() {
            group[index].replyTo = Subject(received: subjects[start..<end])
            start = end
        }
    }

    private static let startTail = Bytes(utf8: ".\(Operation.start.rawValue).$FI")
    private static let appendTail = Bytes(utf8: ".\(Operation.append.rawValue).$FI")

    private func reply(_ number: UInt64, _ operation: Operation) -> Subject {
        Subject(
            received: Bytes(
                utf8: "\(String(repairing: prefix))\(number).\(operation.rawValue).$FI"))
    }

    /// Keeps the first reason, and has nothing more sent.
    @discardableResult
    private mutating func note(_ error: JetStreamError) -> JetStreamError {
        if failure == nil { failure = error }
        account.fails()
        return error
    }

    /// Says that the batch ends, and waits for the stream's word on it.
    private mutating func end() async {
        account.commits()
        do throws(JetStreamError) {
            try ask()
            while !account.isOver { try await settleSome() }
        } catch {
            note(error)
        }
    }

    /// Asks the stream what it has, or says that the batch ends, again if need be: a stream that
    /// has said its word does not know the batch any more then.
    private func ask() throws(JetStreamError) {
        guard account.sent > 0, let subject else { return }
        let reply =
            account.isCommitting
            ? reply(account.sent + 1, .commitWithout) : reply(account.sent, .ping)
        do throws(NATSError) {
            try jetStream.client.publish(Bytes(), to: subject, replyTo: reply)
        } catch {
            throw JetStreamError(error, operation: "publish").knowing(.unknown)
        }
    }

    /// Takes the answers that came together; asks for one when none comes.
    /// - Parameter patient: Whether a first message that nobody took may be sent again.
    /// - Returns: False when it is to be sent again.
    @discardableResult
    private mutating func settleSome(patient: Bool = false) async throws(JetStreamError) -> Bool {
        let wait = jetStream.options.timeout / Self.pingsPerTimeout
        var pings = 0
        while true {
            let batch: InboxReader.Batch
            do throws(NATSError) {
                batch = try await reader.nextBatch(until: .now + wait)
            } catch {
                throw note(JetStreamError(error, operation: "publish").knowing(.unknown))
            }
            switch batch {
            case .messages(let messages):
                for message in messages {
                    guard try await answered(message, patient) else { return false }
                }
                return true
            case .event(.timeout):
                pings += 1
                guard pings < Self.pingsPerTimeout else {
                    throw note(failed(.timeout, "no answer in time"))
                }
                do throws(JetStreamError) { try ask() } catch { throw note(error) }
            case .event(.cancelled): throw note(failed(.cancelled, ""))
            case .event: throw note(failed(.closed, "the client is closed"))
            }
        }
    }

    private func failed(_ code: ErrorCode, _ detail: String) -> JetStreamError {
        JetStreamError(code, operation: "publish", detail: detail, outcome: .unknown)
    }

    /// The server's word on where nobody listens.
    private static let subjectName: HeaderName = "Nats-Subject"

    /// Takes one answer. Returns false when the first message is to be sent again.
    private mutating func answered(
        _ message: NATSMessage, _ patient: Bool
    ) async throws(JetStreamError) -> Bool {
        if let words = message.refusal {
            // Messages to other subjects than the last one are missed by the stream.
            guard message.subject == subject else { return true }
            throw note(JetStreamError(forbidden: message.subject, words, outcome: .unknown))
        }
        let bytes = message.subject.bytes
        var end = min(prefix.count, bytes.count)
        while end < bytes.count, bytes[end] != UInt8(ascii: ".") { end += 1 }
        guard end > prefix.count,
            let digits = Decimal.parse(bytes.span.extracting(prefix.count..<end)), digits > 0
        else { return true }
        let number = UInt64(digits)
        if message.hasHeaders, message.status?.code == HeaderStatus.noRespondersCode {
            if patient, number == 1, account.flow == 0 { return false }
            let named = (try? message.headers)?[Self.subjectName].flatMap { try? Subject($0) }
            let subject = named ?? subject ?? message.subject
            // It says more than the gap that it made.
            if failure?.code == .batchIncomplete { failure = nil }
            note(await jetStream.absence(of: subject).error(subject))
            if number > account.sent { account.endsUnheard() }
            return true
        }
        do throws(JetStreamError) {
            switch try account.answered(number, message.payload) {
            case .gap(let numbers) where options.allowsGaps:
                missing.append(
                    Int(clamping: numbers.lowerBound) - 1...Int(clamping: numbers.upperBound) - 1)
            case .gap(let numbers): lost(numbers)
            case .refusal(let number, let error): refused(number, error)
            case .flow, .over, .nothing: break
            }
        } catch {
            throw note(error)
        }
        return true
    }

    private mutating func lost(_ numbers: ClosedRange<UInt64>) {
        if failure == nil { failedAt = numbers.lowerBound }
        note(
            JetStreamError(
                .batchIncomplete, operation: "publish", stream: account.stream,
                detail: "messages \(numbers.lowerBound) to \(numbers.upperBound) of the batch did"
                    + " not come to the stream",
                outcome: outcome(of: numbers.lowerBound)))
    }

    /// What is known of all messages from `reached` on, when the stream does not have this one:
    /// what came before it may be stored, and not told of yet.
    private func outcome(of number: UInt64) -> PublishOutcome {
        number <= account.reached + 1 ? .denied : .unknown
    }

    private mutating func refused(_ number: UInt64, _ apiError: JetStreamAPIError) {
        let error = JetStreamError(apiError, operation: "publish", stream: account.stream)
            .knowing(.denied)
        guard number <= account.sent else {
            // The end was refused: the stream does not know the batch any more.
            note(error.knowing(.unknown))
            return
        }
        refusals[Int(clamping: number) - 1] = error
        if !options.allowsGaps || !account.isOpen {
            if failure == nil { failedAt = number }
            note(error.knowing(outcome(of: number)))
        }
    }
}
