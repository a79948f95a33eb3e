internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// Something final is said once of a delivery; what the server does not tell is told here.
@Suite(.needsNATSServer) struct DoubleAcknowledgementTests {
    private typealias Word = @Sendable (JetStreamMessage) async throws -> Void

    private static let words: [Word] = [
        { try $0.ack() }, { try await $0.ackConfirmed() }, { try $0.nak() },
        { try $0.terminate(reason: "hopeless") },
    ]

    private static func run(
        _ change: (inout ConsumerConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (JetStream, PullConsumer) async throws -> Void
    ) async throws {
        var configuration = ConsumerConfiguration(durableName: "c")
        change(&configuration)
        let wanted = configuration
        try await JetStreamStage.run { jetStream in
            try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s"]))
            for number in 0..<20 { try await jetStream.publish("\(number)", to: "s") }
            try await body(jetStream, try await jetStream.createConsumer(wanted, on: "S"))
        }
    }

    @Test func theFirstWordOfADeliveryStands() async throws {
        try await Self.run { jetStream, consumer in
            for first in Self.words {
                for second in Self.words {
                    let message = try #require(try await consumer.next())
                    let copy = message
                    try message.inProgress()
                    try await first(message)
                    let code = await JetStreamStage.code { try await second(copy) }
                    #expect(code == .alreadyAcknowledged)
                    // That work goes on may be said at any time, and does no harm.
                    try copy.inProgress()
                }
            }
        }
    }

    @Test func soItIsOfMessagesThatSomebodyElseReceived() async throws {
        try await Self.run { jetStream, consumer in
            let fetched = try await consumer.fetch(1)
            let message = try #require(fetched.first)
            let again = try JetStreamMessage(message.message, client: jetStream.client)
            try again.ack()
            let code = await JetStreamStage.code { try again.nak() }
            #expect(code == .alreadyAcknowledged)
        }
    }

    @Test func soItIsOfMessagesThatWerePushed() async throws {
        try await Self.run { jetStream, _ in
            var configuration = ConsumerConfiguration(durableName: "pushed")
            configuration.deliverSubject = "deliver.here"
            try await jetStream.createConsumer(configuration, on: "S")
            let pushed = try await jetStream.pushConsumer("pushed", on: "S")
            var messages = try pushed.messages().makeAsyncIterator()
            let message = try #require(try await messages.next())
            try message.terminate()
            let code = await JetStreamStage.code { try await message.ackConfirmed() }
            #expect(code == .alreadyAcknowledged)
        }
    }

    /// A word that did not go out may be said again.
    @Test func whatWasNotSaidIsNotTheFirstWord() async throws {
        try await Self.run { jetStream, consumer in
            let message = try #require(try await consumer.next())
            await jetStream.client.close()
            for word in Self.words {
                #expect(await JetStreamStage.code { try await word(message) } == .closed)
            }
        }
    }

    @Test func aConfirmedWordToAConsumerThatIsGoneSaysSo() async throws {
        try await Self.run { jetStream, consumer in
            let messages = try await consumer.fetch(2)
            try await jetStream.deleteConsumer("c", on: "S")
            for message in messages {
                let code = await JetStreamStage.code { try await message.ackConfirmed() }
                #expect(code == .consumerNotFound)
            }
            try await jetStream.deleteStream("S")
            let code = await JetStreamStage.code { try await messages[0].ackConfirmed() }
            #expect(code == .consumerNotFound)
        }
    }

    /// What can be told of a late word: the server takes it as any other, and confirms it, so that
    /// only the count of the next delivery shows that it was late. Should a server come to tell
    /// more, this test will say so.
    @Test func theServerTakesLateAndDoubleWordsAsAnyOther() async throws {
        let settings: (inout ConsumerConfiguration) -> Void = { $0.ackWait = .milliseconds(100) }
        try await Self.run(settings) { jetStream, consumer in
            let early = try await consumer.fetch(1)
            let first = try #require(early.first)
            let second = try #require(try await consumer.next(matching: first))
            #expect(second.metadata.deliveryCount > first.metadata.deliveryCount)
            try await first.ackConfirmed()
            try await second.ackConfirmed()
            for body in ["+ACK", "-NAK", "+TERM"] {
                let reply = try #require(first.message.replyTo)
                let answer = try await jetStream.client.request(
                    Bytes(utf8: body), to: reply, timeout: .seconds(5))
                #expect(answer.payload.isEmpty && !answer.hasHeaders)
            }
        }
    }
}

extension PullConsumer {
    /// The next delivery of the same message of the stream.
    fileprivate func next(matching message: JetStreamMessage) async throws -> JetStreamMessage? {
        for try await other in messages()
        where other.metadata.streamSequence == message.metadata.streamSequence {
            return other
        }
        return nil
    }
}
