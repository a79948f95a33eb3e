internal import ArrowIPC
internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

/// The loops of the benchmarks.
enum BenchMessages {
    private static let patience = Duration.seconds(60)

    /// Publishes, and waits until the server has all of it.
    static func publish(
        _ payload: Bytes, _ count: Int, to subject: Subject, _ client: NATSClient
    ) async throws {
        for _ in 0..<count { try await client.publish(payload, to: subject, timeout: patience) }
        try await client.flush(timeout: patience)
    }

    /// Takes so many messages.
    static func take(_ count: Int, from subscription: NATSSubscription) async throws -> Int {
        var taken = 0
        while taken < count, let batch = try await subscription.nextBatch() {
            taken += batch.count
        }
        guard taken >= count else { throw BenchFailure.incomplete }
        return taken
    }

    /// Answers each request with its own payload until it is cancelled; the subscription stands.
    static func echo(
        _ subject: Subject, _ client: NATSClient
    ) async throws -> Task<Void, any Error> {
        let requests = try client.subscribe(to: SubjectPattern(subject))
        try await client.flush()
        return Task {
            defer { requests.unsubscribe() }
            for try await request in requests {
                guard let answer = request.replyTo else { continue }
                try await client.publish(request.payload, to: answer, timeout: patience)
            }
        }
    }

    /// Fetches and acknowledges so many messages.
    static func fetch(_ count: Int, from consumer: PullConsumer) async throws {
        var taken = 0
        while taken < count {
            let messages = try await consumer.fetch(min(500, count - taken), expires: patience)
            guard !messages.isEmpty else { throw BenchFailure.incomplete }
            for message in messages { try message.ack() }
            taken += messages.count
        }
    }

    /// Bytes that no coding makes smaller by much.
    static func content(_ count: Int) -> Bytes {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        var writer = ByteWriter(capacity: count)
        while writer.count < count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            for shift in 0..<min(8, count - writer.count) {
                writer.append(UInt8(truncatingIfNeeded: state >> (8 * UInt64(shift))))
            }
        }
        return writer.finish()
    }

    /// The sum of the column `id`.
    static func sum(_ table: Table) throws(ArrowError) -> Int {
        var total = 0
        for batch in table.batches {
            // In two steps: on one the optimiser of Swift 6.3.1 ends.
            let column = try batch.column("id")
            let values = try column.span(as: Int64.self)
            for index in values.indices { total += Int(values[index]) }
        }
        return total
    }
}
