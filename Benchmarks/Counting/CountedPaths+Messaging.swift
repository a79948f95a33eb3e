import BridgeBytes
import NATSCore
import NATSJetStream
import NATSWire

/// The paths through a NATS server. How many messages go out with one call depends on the pace of
/// the two processes; but a call for each of them would be noticed.
struct CountedMessaging {
    let client: NATSClient
    private let payload = Bytes([UInt8](repeating: 0x78, count: 128))
    // Made once: to make a subject of a text costs more than to publish.
    private let lone: Subject = "count.publish"
    private let own: Subject = "count.receive"
    private let confirmed: Subject = "count.confirm"
    private let asked: Subject = "count.request"
    private let stored: Subject = "count.stream"

    init(_ client: NATSClient) { self.client = client }

    func paths() async throws -> [CountedPath] {
        [publish(), try receive(), confirm(), try request()] + (try await jetStream())
            + [try await keyValue()]
    }

    private func publish() -> CountedPath {
        CountedPath(name: "publish", unit: .message, count: 200_000) {
            [client, payload, lone] count in
            for _ in 0..<count {
                try await client.publish(payload, to: lone, timeout: .seconds(60))
            }
            try await client.flush(timeout: .seconds(60))
        }
    }

    /// Publishes as well: the client is subscribed to what it sends.
    private func receive() throws -> CountedPath {
        let subscription = try client.subscribe(to: "count.receive")
        return CountedPath(name: "publish+receive", unit: .message, count: 100_000) {
            [client, payload, own] count in
            async let taken: Void = {
                var left = count
                while left > 0, let batch = try await subscription.nextBatch() {
                    left -= batch.count
                }
            }()
            for _ in 0..<count {
                try await client.publish(payload, to: own, timeout: .seconds(60))
            }
            try await taken
        }
    }

    private func confirm() -> CountedPath {
        CountedPath(
            name: "publish.confirmed", unit: .roundTrip, count: 3000
        ) { [client, payload, confirmed] count in
            for _ in 0..<count {
                try await client.publishConfirmed(payload, to: confirmed)
            }
        }
    }

    /// The responder is in the same process, so its half is counted too.
    private func request() throws -> CountedPath {
        let questions = try client.subscribe(to: "count.request")
        let client = client
        Task {
            for try await question in questions {
                if let inbox = question.replyTo {
                    try client.publish(question.payload, to: inbox)
                }
            }
        }
        return CountedPath(
            name: "request+respond", unit: .roundTrip, count: 3000
        ) { [client, payload, asked] count in
            for _ in 0..<count { _ = try await client.request(payload, to: asked) }
        }
    }

    private func jetStream() async throws -> [CountedPath] {
        let jetStream = JetStream(client: client)
        var stream = StreamConfiguration(name: "COUNT", subjects: ["count.stream"])
        stream.storage = .memory
        _ = try await jetStream.createStream(stream)
        return [
            CountedPath(
                name: "jetstream.publish", unit: .roundTrip, count: 3000,
                slack: [.allocations: 0.75, .calls: 0.25, .wakeUps: 0.25]
            ) { [payload, stored] count in
                for _ in 0..<count { try await jetStream.publish(payload, to: stored) }
            },
            CountedPath(
                name: "jetstream.publishAll", unit: .message, count: 5000,
                slack: [.allocations: 0.25, .calls: 0.25, .wakeUps: 0.25]
            ) { [payload, stored] count in
                let requests = repeatElement(
                    PublishRequest(payload, to: stored), count: count)
                let results = try await jetStream.publishAll(requests, maxOutstanding: 500)
                if let failure = results.firstFailure { throw failure }
            },
            // Behind the one before, which has stored as many; each turn reads them from the start.
            CountedPath(
                name: "jetstream.fetch+ack", unit: .message, count: 5000,
                slack: [.allocations: 0.25, .calls: 0.25, .wakeUps: 0.25]
            ) { [client] count in
                let consumer = try await jetStream.createConsumer(
                    ConsumerConfiguration(), on: "COUNT")
                var left = count
                while left > 0 {
                    let messages = try await consumer.fetch(min(500, left), expires: .seconds(10))
                    for message in messages { try message.ack() }
                    left -= messages.count
                }
                try await client.flush(timeout: .seconds(60))
                try await consumer.delete()
            },
        ]
    }
}
