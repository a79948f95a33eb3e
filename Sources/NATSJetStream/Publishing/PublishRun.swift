internal import BridgeBytes
internal import NATSCore
internal import NATSWire

/// Drives a `PublishWindow`: one inbox whose last token is the number of the message.
struct PublishRun: Sendable {
    private let jetStream: JetStream
    private var window: PublishWindow
    private var reader: InboxReader
    /// The inbox and a dot, before the number of a message.
    private let inbox: Bytes
    private var open: [Int: PublishRequest] = [:]
    private var results: [Result<PublishAck, JetStreamError>?] = []
    private var isOver = false
    /// Why nobody took a message; asked for once.
    private var absence: StreamAbsence?

    init(_ jetStream: JetStream, maxOutstanding: Int) throws(JetStreamError) {
        guard maxOutstanding > 0 else {
            throw JetStreamError(
                .invalidArgument, operation: "publish",
                detail: "at least one message may be outstanding, not \(maxOutstanding)")
        }
        self.jetStream = jetStream
        window = PublishWindow(size: maxOutstanding, retries: jetStream.options.publishRetries)
        do throws(NATSError) {
            reader = try InboxReader(client: jetStream.client, isMany: true)
        } catch {
            throw JetStreamError(error, operation: "publish")
        }
        inbox = Bytes(utf8: reader.inbox.text + ".")
    }

    /// Sends a message, and waits while the window is full.
    mutating func add(_ request: PublishRequest) async throws(JetStreamError) {
        guard !isOver else {
            let error = JetStreamError(
                .notSent, operation: "publish", detail: "earlier messages got no answer",
                outcome: .lost)
            results.append(.failure(error))
            return
        }
        let number = window.opened()
        open[number] = request
        results.append(nil)
        try await send(number)
        while window.isFull && !isOver { try await settleSome() }
    }

    /// Waits for the answers that are missing.
    mutating func finish() async throws(JetStreamError) -> [Result<PublishAck, JetStreamError>] {
        while !window.isEmpty && !isOver { try await settleSome() }
        let error = JetStreamError(
            .timeout, operation: "publish", detail: "no answer in time", outcome: .unknown)
        return results.map { $0 ?? .failure(error) }
    }

    private mutating func send(_ number: Int) async throws(JetStreamError) {
        guard let request = open[number] else { return }
        do throws(NATSError) {
            try await jetStream.client.publish(
                request.payload, to: request.subject,
                replyTo: replySubject(number),
                headers: request.options.apply(to: request.headers), timeout: .forever)
        } catch  where error.code == .closed || error.code == .cancelled {
            throw JetStreamError(error, operation: "publish")
        } catch {
            _ = window.answered(number)
            settle(number, .failure(JetStreamError(publishing: error, to: request.subject)))
        }
    }

    private func replySubject(_ number: Int) -> Subject {
        var writer = ByteWriter(capacity: inbox.count + 20)
        writer.append(inbox)
        writer.append(decimal: number)
        return Subject(received: writer.finish())
    }

    private mutating func settleSome() async throws(JetStreamError) {
        if window.mustSendAgain {
            try await JetStream.pause(jetStream.options.publishRetryWait)
            for number in window.takeWaiting() { try await send(number) }
            return
        }
        let event: InboxReader.Event
        do throws(NATSError) {
            event = try await reader.next(until: .now + jetStream.options.timeout)
        } catch {
            throw JetStreamError(error, operation: "publish")
        }
        switch event {
        case .message(let message): await answered(message)
        case .timeout: isOver = true
        case .closed: throw JetStreamError(.closed, operation: "publish")
        case .cancelled: throw JetStreamError(.cancelled, operation: "publish")
        }
    }

    private mutating func answered(_ message: NATSMessage) async {
        let subject = message.subject.bytes
        guard subject.count > inbox.count,
            let number = Decimal.parse(subject.span.extracting(inbox.count..<subject.count))
        else { return }
        if message.hasHeaders, message.status?.code == HeaderStatus.noRespondersCode {
            guard window.nobodyListened(number) == .giveUp else { return }
            guard let subject = open[number]?.subject else { return }
            if absence == nil { absence = await jetStream.absence() }
            return settle(number, .failure((absence ?? .unknown).error(subject)))
        }
        guard window.answered(number) else { return }
        do throws(JetStreamError) {
            settle(number, .success(try PublishAck(answer: message)))
        } catch {
            settle(number, .failure(error))
        }
    }

    private mutating func settle(_ number: Int, _ result: Result<PublishAck, JetStreamError>) {
        open[number] = nil
        results[number] = result
    }
}
