import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import NATSBridge
import NATSWire
import Testing

@Suite struct RecentMessagesTests {
    private static func envelope(
        id: String = "m", sender: String = "s", flow: String = "c", content: String = "x"
    ) -> Envelope {
        Envelope(
            correlationID: flow, messageID: id, timestamp: nil, sendTo: "a", senderID: sender,
            payloads: [
                EnvelopePayload(
                    id: "p", dataName: "d", typeName: "text",
                    content: .direct(Bytes(utf8: content)))
            ])
    }

    private static func link(_ url: String, checksum: String) -> Envelope {
        var envelope = envelope()
        envelope.payloads[0].content = .link(url)
        envelope.payloads[0].metadata[IntegrityKey.checksum] = .string(checksum)
        return envelope
    }

    @Test func `the oldest is forgotten first, and the bound is kept`() {
        var recent = RecentMessages(capacity: 3)
        for name in ["a", "b", "c", "d"] {
            let isNew = recent.insert(ReceivedIdentity(name))
            #expect(isNew)
            #expect(recent.count <= 3)
        }
        #expect(!recent.contains(ReceivedIdentity("a")))
        for name in ["b", "c", "d"] {
            let isNew = recent.insert(ReceivedIdentity(name))
            #expect(!isNew)
        }
        let isForgotten = recent.insert(ReceivedIdentity("a"))
        #expect(isForgotten)
        #expect(!recent.contains(ReceivedIdentity("b")) && recent.contains(ReceivedIdentity("c")))
    }

    @Test(arguments: [0, -1])
    func `a capacity of none remembers one`(_ capacity: Int) {
        var recent = RecentMessages(capacity: capacity)
        let news = ["a", "a", "b"].map { recent.insert(ReceivedIdentity($0)) }
        #expect(news == [true, false, true] && recent.count == 1)
    }

    @Test func `a message is known by its ids, its place and its content`() {
        let one = ReceivedIdentity(Self.envelope(), on: "a")
        #expect(one != nil)
        #expect(one == ReceivedIdentity(Self.envelope(), on: "a"))
        #expect(one != ReceivedIdentity(Self.envelope(id: "n"), on: "a"))
        #expect(one != ReceivedIdentity(Self.envelope(sender: "t"), on: "a"))
        #expect(one != ReceivedIdentity(Self.envelope(flow: "d"), on: "a"))
        #expect(one != ReceivedIdentity(Self.envelope(content: "y"), on: "a"))
        #expect(one != ReceivedIdentity(Self.envelope(), on: "b"))
    }

    @Test func `a message that was uploaded again is the same`() {
        let first = ReceivedIdentity(Self.link("http://h/1", checksum: "xxh64:1"), on: "a")
        #expect(first == ReceivedIdentity(Self.link("http://h/2", checksum: "xxh64:1"), on: "a"))
        #expect(first != ReceivedIdentity(Self.link("http://h/1", checksum: "xxh64:2"), on: "a"))
    }

    @Test func `a message without an id, or with endless ones, is not remembered`() {
        #expect(ReceivedIdentity(Self.envelope(id: ""), on: "a") == nil)
        let long = String(repeating: "x", count: ReceivedIdentity.maxBytes)
        #expect(ReceivedIdentity(Self.envelope(flow: long), on: "a") == nil)
    }
}
