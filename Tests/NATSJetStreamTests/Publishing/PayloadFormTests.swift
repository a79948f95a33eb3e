import BridgeBytes
import BridgeJSON
import NATSCore
import NATSJetStream
import NATSWire
import TestKit
import Testing

@Suite(.needsNATSServer) struct PayloadFormTests {
    struct Order: Codable, Equatable {
        var id: Int
    }

    @Test func `text and values are stored, and come out of a message`() async throws {
        try await NATSServerFixture.run(jetStream: true) { server in
            try await NATSClient.withClient(server.url) { client in
                let jetStream = client.jetStream
                try await jetStream.createStream(
                    StreamConfiguration(name: "ORDERS", subjects: ["orders.>"]))
                try await jetStream.publish("text", to: "orders.a", headers: ["Kind": "x"])
                let ack = try await jetStream.publish(json: Order(id: 7), to: "orders.b")
                #expect("\(ack)" == "number 2 of stream ORDERS")
                _ = try await jetStream.publishAll([PublishRequest("three", to: "orders.c")])
                let consumer = try await jetStream.createConsumer(
                    ConsumerConfiguration(durableName: "worker"), on: "ORDERS")
                let messages = try await consumer.fetch(3)
                #expect(messages.map(\.text) == ["text", #"{"id":7}"#, "three"])
                #expect(try messages[0].headers["Kind"] == "x")
                #expect(try messages[1].decode(Order.self) == Order(id: 7))
                #expect(
                    "\(messages[0])"
                        == "JetStreamMessage(orders.a, 4 bytes, number 1 of stream ORDERS to "
                        + "consumer worker, delivery 1, 2 pending)")
                for message in messages { try message.ack() }
                let error = await #expect(throws: JetStreamError.self) {
                    try await jetStream.publish(json: Double.nan, to: "orders.d")
                }
                #expect(error?.code == .invalidArgument && error?.outcome == .lost)
                let info = try await jetStream.streamInfo("ORDERS")
                #expect("\(info)".hasPrefix("stream ORDERS on orders.>: 3 messages ("))
                #expect("\(consumer)" == "PullConsumer(worker on stream ORDERS)")
            }
        }
    }
}
