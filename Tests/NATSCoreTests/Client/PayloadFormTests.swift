import BridgeBytes
import BridgeJSON
import NATSCore
import NATSWire
import TestKit
import Testing

/// Text, bytes and values go in wherever a payload does, and come out of a message
/// (failures.md H6).
@Suite(.needsNATSServer) struct PayloadFormTests {
    struct Order: Codable, Equatable {
        var id: Int
        var price: Double?
    }

    private func run(
        _ body: @escaping @Sendable (NATSClient) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            try await NATSClient.withClient(server.url, body)
        }
    }

    @Test func `text, arrays, slices and values are published by one call`() async throws {
        try await run { client in
            let subscription = try client.subscribe(to: "in")
            let text = "grün"
            try client.publish(text, to: "in")
            try client.publish(text.dropFirst(), to: "in", headers: ["Kind": "slice"])
            try client.publish([1, 2], to: "in")
            let array: [UInt8] = [3, 4, 5]
            try client.publish(array[1...], to: "in")
            try client.publish(json: Order(id: 7, price: 0.5), to: "in")
            try await client.publish("waits", to: "in", timeout: .seconds(60))
            try await client.publish(json: [1, 2], to: "in", timeout: .seconds(60))
            try await client.publishConfirmed("confirmed", to: "in")
            try await client.publishConfirmed(json: Order(id: 8), to: "in")
            let receipt = try client.publishWithReceipt(array, to: "in")
            #expect(try await receipt.outcome() == .sent)
            var payloads: [Bytes] = []
            for try await message in subscription {
                payloads.append(message.payload)
                if payloads.count == 10 { break }
            }
            let expected: [Bytes] = [
                Bytes(utf8: "grün"), Bytes(utf8: "rün"), [1, 2], [4, 5],
                Bytes(utf8: #"{"id":7,"price":0.5}"#), Bytes(utf8: "waits"), Bytes(utf8: "[1,2]"),
                Bytes(utf8: "confirmed"), Bytes(utf8: #"{"id":8}"#), [3, 4, 5],
            ]
            #expect(payloads == expected)
        }
    }

    @Test func `a service answers with text, bytes and values`() async throws {
        try await run { client in
            let questions = try client.subscribe(to: "ask.*")
            let service = Task {
                for try await question in questions {
                    switch question.subject {
                    case "ask.text": try client.respond(to: question, with: "Hello!")
                    case "ask.bytes": try client.respond(to: question, with: [1, 2, 3])
                    default:
                        var order = try question.decode(Order.self)
                        order.price = 9.5
                        try client.respond(to: question, json: order, headers: ["A": "b"])
                    }
                }
            }
            #expect(try await client.request("?", to: "ask.text").text == "Hello!")
            #expect(try await client.request([], to: "ask.bytes").payload == [1, 2, 3])
            let answer = try await client.request(json: Order(id: 1), to: "ask.order")
            #expect(try answer.decode() == Order(id: 1, price: 9.5))
            #expect(try answer.headers["A"] == "b")
            var options = RequestManyOptions()
            options.maxMessages = 1
            for try await reply in try client.requestMany("?", to: "ask.text", options: options) {
                #expect(reply.text == "Hello!")
            }
            let replies = try client.requestMany(
                json: Order(id: 2), to: "ask.order", options: options)
            for try await reply in replies { #expect(try reply.decode(Order.self).id == 2) }
            questions.unsubscribe()
            try await service.value
        }
    }

    @Test func `an answer that nobody wants or nobody could get is refused`() async throws {
        try await run { client in
            let subscription = try client.subscribe(to: "in")
            var iterator = subscription.makeAsyncIterator()
            try client.publish("no answer, please", to: "in")
            let plain = try #require(await iterator.next())
            let refused = #expect(throws: NATSError.self) {
                try client.respond(to: plain, with: "x")
            }
            #expect(refused?.code == .unusableReply && refused?.outcome == .lost)
            // A server lets a wildcard pass as a reply subject.
            let everything = Subject(received: Bytes(utf8: "in.>"))
            try client.publish("?", to: "in", replyTo: everything)
            let hostile = try #require(await iterator.next())
            let forged = #expect(throws: NATSError.self) {
                try client.respond(to: hostile, json: [1])
            }
            #expect(forged?.code == .invalidArgument && forged?.subject == "in")
            // An answer there would delete a stream in our name.
            try client.publish(
                "?", to: "in", replyTo: Subject(received: Bytes(utf8: "$JS.API.STREAM.DELETE.S")))
            let stored = try #require(await iterator.next())
            let notOurs = #expect(throws: NATSError.self) {
                try client.respond(to: stored, with: "x")
            }
            #expect(notOurs?.code == .unusableReply && notOurs?.outcome == .lost)
        }
    }

    @Test func `a value that JSON cannot write is refused with its place`() async throws {
        try await run { client in
            let order = Order(id: 1, price: .nan)
            let error = #expect(throws: NATSError.self) {
                try client.publish(json: ["order": order], to: "in")
            }
            #expect(error?.code == .invalidArgument && error?.outcome == .lost)
            #expect(error?.detail.contains("order.price") == true)
            await #expect(throws: NATSError.self) {
                try await client.request(json: order, to: "in")
            }
            #expect(client.statistics.sentMessages == 0)
        }
    }

    @Test func `a payload that is no text and no such value says so`() async throws {
        try await run { client in
            let subscription = try client.subscribe(to: "in")
            var iterator = subscription.makeAsyncIterator()
            try client.publish([0xFF, 0xFE], to: "in")
            let message = try #require(await iterator.next())
            #expect(message.text == nil)
            #expect(throws: JSONError.self) { try message.decode(Order.self) }
            try client.publish(#"{"id":"seven"}"#, to: "in")
            let wrong = try #require(await iterator.next())
            let error = #expect(throws: JSONError.self) { try wrong.decode(Order.self) }
            #expect(error?.path == "id" && error?.code == .typeMismatch)
        }
    }

    @Test func `waiting for room ends with its timeout, and nothing was sent`() async throws {
        try await NATSServerFixture.run { server in
            var options = NATSClientOptions(servers: [server.url])
            options.outboxCapacity = 1000
            let client = try await NATSClient.connect(options)
            client.suspend()
            while client.isConnected { await Task.yield() }
            try client.publish(Bytes([UInt8](repeating: 1, count: 600)), to: "a")
            for timeout in [Duration.zero, .milliseconds(20)] {
                let error = await #expect(throws: NATSError.self) {
                    try await client.publish("more", to: "a", timeout: timeout)
                }
                #expect(error?.code == .timeout && error?.outcome == .lost)
            }
            let waiting = Task { try await client.publish("more", to: "a", timeout: patience) }
            waiting.cancel()
            await #expect(throws: NATSError(.cancelled, stage: .publish)) {
                try await waiting.value
            }
            #expect(client.statistics.sentMessages == 1)
            await client.close()
        }
    }
}
