import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

/// What is printed can be read, and shows no secret.
@Suite struct DescriptionTests {
    private func dumped<T>(_ value: T) -> String {
        var text = ""
        dump(value, to: &text)
        return "\(value) \(String(reflecting: value)) \(text)"
    }

    @Test func `options show servers and users, and no password`() {
        var options = NATSClientOptions(
            servers: ["nats://ada:s3cret@one:4222,two", "nats://s3cret@th ree"])
        options.credentials = .user("eve", password: "s3cret")
        #expect(
            options.description
                == "NATSClientOptions(servers: [\"nats://one:4222\", \"nats://two:4222\", "
                + "\"(not an address)\"], name: natsbridge-swift, credentials: user eve, "
                + "with a password)")
        #expect(!dumped(options).contains("s3cret"))
        #expect(!dumped([options]).contains("s3cret"))
        #expect(!dumped(ServerURL.Credentials.user("ada", password: "s3cret")).contains("s3cret"))
        #expect(!dumped(ServerURL.Credentials.token("s3cret")).contains("s3cret"))
    }

    @Test func `headers show their names, and no value`() {
        let headers: Headers = ["Authorization": "s3cret", "Kind": "x"]
        #expect(headers.description == "Headers([\"Authorization\", \"Kind\"])")
        #expect(!dumped(headers).contains("s3cret"))
        #expect(headers[0].description == "Authorization: 6 bytes")
    }

    @Test func `counts and events read as sentences do`() {
        let limits = SubscriptionLimits(maxMessages: 5, maxBytes: 100, policy: .dropOldest)
        #expect("\(limits)" == "at most 5 messages and 100 bytes waiting, then dropOldest")
        #expect("\(NATSEvent.connecting(server: "a:1", after: .zero))" == "connecting to a:1")
        #expect("\(NATSEvent.closed(nil))" == "closed")
        let error = NATSError(.disconnected, stage: .connect, server: "a:1")
        #expect(
            "\(NATSEvent.disconnected(error))"
                == "disconnected: connect a:1: disconnected")
    }

    @Test(.needsNATSServer) func `clients and messages tell what they are`() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(server.url)
            #expect(client.description.hasPrefix("NATSClient(connected to "))
            let subscription = try client.subscribe(to: "in.*")
            #expect("\(subscription)" == "NATSSubscription(in.*, 0 messages waiting)")
            try client.publish("s3cret", to: "in.a", replyTo: "out", headers: ["Key": "s3cret"])
            for try await message in subscription {
                #expect(
                    "\(message)" == "NATSMessage(in.a, 6 bytes, reply to out, headers: Key)")
                #expect(!dumped(message).contains("s3cret"))
                break
            }
            #expect("\(client.statistics)".hasPrefix("sent 1 messages ("))
            #expect("\(subscription.statistics)".contains("1 delivered"))
            let receipt = try client.publishWithReceipt("x", to: "out")
            _ = try await receipt.outcome()
            #expect("\(receipt)" == "PublishReceipt(message 2, sent)")
            await client.close()
            #expect("\(client)" == "NATSClient(closed)")
        }
    }
}
