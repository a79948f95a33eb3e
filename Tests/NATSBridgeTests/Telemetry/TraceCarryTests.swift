import BridgeBytes
import NATSBridge
import NATSClient
import TestKit
import Testing

/// The trace that the sender is in reaches the receiver on every way that a message can go.
@Suite(.needsNATSServer) struct TraceCarryTests {
    @TaskLocal private static var span: TraceContext?

    private static func context(_ span: Int) throws -> TraceContext {
        try #require(
            TraceContext(
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333\(span)-01",
                tracestate: "vendor=\(span)"))
    }

    /// A bridge that injects the span of the task, as a tracer would.
    private static func run(
        config: String = "", _ body: (Bridge) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(config: config) { server in
            var options = BridgeOptions(servers: [server.url])
            options.inject = { headers in headers.traceContext = span }
            try await Bridge.withBridge(options, body)
        }
    }

    @Test func `send, publish, and a request and its answer carry the task's span`() async throws {
        try await Self.run { bridge in
            let (first, second) = (try Self.context(1), try Self.context(2))
            let questions = bridge.messages(on: "traced")
            let service = Task {
                for try await question in questions {
                    // An answer belongs to the span that answers, or else to the question's.
                    let span = question.text == "own" ? second : nil
                    try await Self.$span.withValue(span) {
                        _ = try await bridge.reply("!", to: question)
                    }
                }
            }
            for (text, expected) in [("theirs", first), ("own", second)] {
                let answer = try await Self.$span.withValue(first) {
                    try await bridge.request(text, to: "traced", timeout: patience)
                }
                #expect(answer.traceContext == expected)
            }
            let others = bridge.messages(on: "others").makeAsyncIterator()
            var iterator = others
            var chosen = SendOptions()
            chosen.traceContext = second
            try await Self.$span.withValue(first) {
                let sent = try await bridge.send("a", to: "others")
                try await bridge.send("b", to: "others", options: chosen)
                try await bridge.publish(envelope: sent.body, to: "others")
            }
            try await bridge.send("d", to: "others")
            var found: [TraceContext?] = []
            // The copy that `publish` sends is a duplicate, so the client below sees it alone.
            for _ in 0..<3 { found.append(try await iterator.next()?.traceContext) }
            #expect(found == [first, second, nil])
            service.cancel()
            _ = await service.result
        }
    }

    @Test func `a stream keeps the span for consumers and for a replay`() async throws {
        try await Self.run(config: "jetstream: enabled") { bridge in
            let first = try Self.context(1)
            let jetStream = JetStream(client: bridge.client)
            _ = try await jetStream.createStream(
                StreamConfiguration(name: "kept", subjects: ["kept.>"]))
            var stored = SendOptions()
            stored.mode = .jetStream
            try await Self.$span.withValue(first) {
                _ = try await bridge.send("a", to: "kept.a", options: stored)
            }
            var headers = Headers()
            headers.traceContext = first
            _ = try await jetStream.publish("raw", to: "kept.b", headers: headers)

            var replay = try await bridge.replay("kept", since: .seconds(600)).results
                .makeAsyncIterator()
            #expect(try await replay.next()?.result.get().traceContext == first)
            let consumer = try await jetStream.createConsumer(
                ConsumerConfiguration(), on: "kept")
            let fetched = try await consumer.fetch(2, expires: patience)
            #expect(try fetched.map { try $0.headers.traceContext } == [first, first])
            #expect(try await bridge.receive(fetched[0]).traceContext == first)
        }
    }

    @Test func `requests and answers of the client carry what the headers say`() async throws {
        try await NATSServerFixture.run { server in
            try await NATSClient.withClient(server.url) { client in
                let context = try Self.context(1)
                let questions = try client.subscribe(to: "asked")
                let service = Task {
                    for try await question in questions {
                        var headers = Headers()
                        headers.traceContext = try question.headers.traceContext
                        try client.respond(to: question, with: "!", headers: headers)
                    }
                }
                var headers = Headers()
                headers.traceContext = context
                let answer = try await client.request(
                    "?", to: "asked", headers: headers, timeout: patience)
                #expect(try answer.headers.traceContext == context)
                questions.unsubscribe()
                _ = await service.result
            }
        }
    }
}
