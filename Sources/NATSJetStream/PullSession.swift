internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSWire

/// Drives a `PullMachine` over one inbox: sends its requests, tells it what came.
struct PullSession: Sendable {
    private let consumer: PullConsumer
    private let requests: Subject
    private var machine: PullMachine
    private var reader: InboxReader
    private let start = ContinuousClock.now

    init(
        _ consumer: PullConsumer, _ configuration: PullMachine.Configuration
    ) throws(JetStreamError) {
        self.consumer = consumer
        requests = try consumer.jetStream.api.nextMessage(consumer.stream, consumer.name)
        machine = PullMachine(configuration)
        reader = try Self.reader(consumer)
    }

    private static func reader(
        _ consumer: PullConsumer
    ) throws(JetStreamError) -> InboxReader {
        do throws(NATSError) {
            return try InboxReader(client: consumer.jetStream.client)
        } catch {
            throw JetStreamError(error, operation: "pull", stream: consumer.stream)
        }
    }

    private var client: NATSClient { consumer.jetStream.client }
    private var stream: String { consumer.stream }

    /// The next message; nil when the requests are finished.
    mutating func next() async throws(JetStreamError) -> JetStreamMessage? {
        while true {
            switch machine.step(now: ContinuousClock.now - start) {
            case .pull(let request): try send(request)
            case .finish(.filled), .finish(.exhausted): return nil
            case .finish(.failed(let code, let detail)):
                throw JetStreamError(code, operation: "pull", stream: stream, detail: detail)
            case .wait(let limit):
                if let message = try await receive(until: start + limit) { return message }
            }
        }
    }

    private func send(_ request: PullMachine.Request) throws(JetStreamError) {
        var body = JSONObject()
        body.set("batch", request.batch)
        body.set("expires", request.expires)
        if let bytes = request.maxBytes { body.set("max_bytes", bytes) }
        if let heartbeat = request.heartbeat { body.set("idle_heartbeat", heartbeat) }
        do throws(NATSError) {
            try client.publish(
                JSONValue.object(body).encoded(), to: requests, replyTo: reader.inbox)
        } catch {
            throw JetStreamError(error, operation: "pull", stream: stream)
        }
    }

    /// Waits for one message. Nil: something came that is none, or nothing came in time.
    private mutating func receive(
        until deadline: ContinuousClock.Instant
    ) async throws(JetStreamError) -> JetStreamMessage? {
        let event: InboxReader.Event
        do throws(NATSError) {
            event = try await reader.next(until: deadline)
        } catch {
            throw JetStreamError(error, operation: "pull", stream: stream)
        }
        switch event {
        case .cancelled: throw JetStreamError(.cancelled, operation: "pull", stream: stream)
        case .closed: throw JetStreamError(.disconnected, operation: "pull", stream: stream)
        case .timeout:
            // The machine takes its requests as lost. What they still bring must not be taken
            // for an answer to the next ones, hence another inbox.
            reader = try Self.reader(consumer)
            return nil
        case .message(let message):
            return try await take(message)
        }
    }

    private mutating func take(
        _ message: NATSMessage
    ) async throws(JetStreamError) -> JetStreamMessage? {
        let now = ContinuousClock.now - start
        if message.hasHeaders, message.subject == reader.inbox, let status = message.status {
            machine.statusReceived(status, headers: (try? message.headers()) ?? [:], now: now)
            if status.code == HeaderStatus.noRespondersCode, await isGone() {
                machine.consumerGone()
            }
            return nil
        }
        let size = message.subject.count + (message.replyTo?.count ?? 0) + message.size
        machine.messageReceived(size: size, now: now)
        return try JetStreamMessage(message, client: client)
    }

    /// Whether JetStream answers and says that there is no such consumer: nobody answers a pull
    /// also while JetStream starts.
    private func isGone() async -> Bool {
        do throws(JetStreamError) {
            _ = try await consumer.info()
            return false
        } catch {
            return error.code == .consumerNotFound || error.code == .streamNotFound
        }
    }
}
