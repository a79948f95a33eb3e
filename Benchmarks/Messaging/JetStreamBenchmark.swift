internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

/// The JetStream workloads of the peers' command line.
struct JetStreamBenchmark {
    let client: NATSClient
    let subject: Subject
    let report: BenchmarkReport

    /// Publishes one message at a time and waits for each acknowledgement.
    func publishEach(count: Int, payload: Bytes) async throws {
        let jetStream = JetStream(client: client)
        try await report.measureEach(count, payload.count) {
            try await jetStream.publish(payload, to: subject)
        }
    }

    /// Publishes with at most `window` messages unacknowledged.
    func publishAll(count: Int, payload: Bytes, window: Int) async throws {
        let jetStream = JetStream(client: client)
        let requests = repeatElement(PublishRequest(payload, to: subject), count: count)
        let start = ProcessUse.now
        for result in try await jetStream.publishAll(requests, maxOutstanding: window) {
            _ = try result.get()
        }
        report.print(count, payload.count, from: start)
    }

    /// Fetches and acknowledges each message.
    static func fetch(
        client: NATSClient, stream: String, consumer: String, count: Int, batch: Int,
        report: BenchmarkReport
    ) async throws {
        let consumer = try await JetStream(client: client).consumer(consumer, on: stream)
        var taken = 0
        var bytes = 0
        let start = ProcessUse.now
        while taken < count {
            let messages = try await consumer.fetch(
                min(batch, count - taken), expires: .seconds(10))
            for message in messages {
                bytes += message.payload.count
                try message.ack()
            }
            taken += messages.count
        }
        try await client.flush()
        report.print(taken, bytes / max(taken, 1), from: start, ",\"bytes\":\(bytes)")
    }
}
