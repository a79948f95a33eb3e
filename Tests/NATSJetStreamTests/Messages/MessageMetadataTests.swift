internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite struct MessageMetadataTests {
    private func parse(_ text: String) throws(JetStreamError) -> MessageMetadata {
        try MessageMetadata(parsing: Subject(received: Bytes(utf8: text)))
    }

    @Test func theShortForm() throws {
        let metadata = try parse("$JS.ACK.ORDERS.worker.2.8.5.1764000000123456789.17")
        #expect(metadata.stream == "ORDERS" && metadata.consumer == "worker")
        #expect(metadata.domain == nil)
        #expect(metadata.deliveryCount == 2)
        #expect(metadata.streamSequence == 8)
        #expect(metadata.consumerSequence == 5)
        #expect(metadata.timestamp == Timestamp(seconds: 1_764_000_000, nanoseconds: 123_456_789))
        #expect(metadata.pending == 17)
    }

    @Test(arguments: ["", ".rAnDoM", ".rAnDoM.more"])
    func theLongForm(_ tail: String) throws {
        let metadata = try parse("$JS.ACK.hub.ACC.ORDERS.worker.1.2.3.4.5\(tail)")
        #expect(metadata.domain == "hub")
        #expect(metadata.stream == "ORDERS" && metadata.consumer == "worker")
        #expect(metadata.deliveryCount == 1 && metadata.streamSequence == 2)
        #expect(metadata.consumerSequence == 3 && metadata.pending == 5)
        #expect(metadata.timestamp == Timestamp(seconds: 0, nanoseconds: 4))
        #expect(try parse("$JS.ACK._.ACC.S.c.1.2.3.4.5\(tail)").domain == nil)
    }

    @Test(arguments: [
        "", "a", "$JS.ACK", "$JS.ACK.S.c.1.2.3.4", "$JS.ACK.S.c.1.2.3.4.5.6",
        "$JS.NAK.S.c.1.2.3.4.5", "JS.ACK.S.c.1.2.3.4.5", "$JS.ACK.S.c.x.2.3.4.5",
        "$JS.ACK.S.c.-1.2.3.4.5", "$JS.ACK.S.c.1.2.3.4.", "$JS.ACK..c.1.2.3.4.5",
        "$JS.ACK.S.c.1.99999999999999999999.3.4.5", "_INBOX.a.b.c.d.e.f.g.h",
    ])
    func foreign(_ text: String) {
        let error = #expect(throws: JetStreamError.self) { try parse(text) }
        #expect(error?.code == .notFromJetStream)
    }

    @Test(arguments: ["ORDERS", "ORDER", "ORDERS2", "orders", "", "ÖRDERS"])
    func namesThatAreExpectedAreNotBelieved(_ name: String) throws {
        let reply = Subject(received: Bytes(utf8: "$JS.ACK.ORDERS.worker.2.8.5.1764.17"))
        let plain = try MessageMetadata(parsing: reply)
        #expect(try MessageMetadata(parsing: reply, known: (name, "worker")) == plain)
        #expect(try MessageMetadata(parsing: reply, known: ("ORDERS", name)) == plain)
    }

    @Test("Text changed at random never traps")
    func mutations() {
        var random = SeededGenerator("MessageMetadata mutations")
        for _ in 0..<3000 {
            var bytes = Array("$JS.ACK.ORDERS.worker.2.8.5.1764000000123456789.17".utf8)
            let position = Int.random(in: 0..<bytes.count, using: &random)
            bytes[position] = UInt8.random(in: 0x21...0x7E, using: &random)
            let metadata = try? MessageMetadata(parsing: Subject(received: Bytes(bytes)))
            #expect(metadata?.stream.isEmpty != true)
        }
    }
}

@Suite struct AcknowledgementTests {
    @Test(arguments: [
        (Acknowledgement.done, "+ACK"), (.notDone(delay: nil), "-NAK"),
        (.notDone(delay: .milliseconds(1500)), "-NAK {\"delay\":1500000000}"),
        (.notDone(delay: .seconds(-1)), "-NAK {\"delay\":0}"), (.inProgress, "+WPI"),
        (.terminate(reason: nil), "+TERM"),
        (.terminate(reason: "bad envelope"), "+TERM bad envelope"),
    ])
    func bodies(_ acknowledgement: Acknowledgement, _ expected: String) {
        #expect(String(validating: acknowledgement.body) == expected)
        #expect(acknowledgement.isFinal == (acknowledgement != .inProgress))
    }
}
