internal import BridgeBytes
internal import NATSWire
internal import TestKit
internal import Testing

@Suite struct FrameWriterTests {
    private func publish(
        _ payload: String, replyTo: Subject? = nil, headers: Headers = [:]
    ) -> String {
        Steps.written {
            FrameWriter.publish(
                "a.b", replyTo: replyTo, headers: headers, payload: Bytes(utf8: payload), into: &$0)
        }
    }

    @Test func publishIsCanonical() {
        #expect(publish("") == "PUB a.b 0\r\n\r\n")
        #expect(publish("hello") == "PUB a.b 5\r\nhello\r\n")
        #expect(publish("hello", replyTo: "r") == "PUB a.b r 5\r\nhello\r\n")
        let long = String(repeating: "x", count: 1000)
        #expect(publish(long) == "PUB a.b 1000\r\n\(long)\r\n")
    }

    @Test func publishWithHeaders() {
        let headers: Headers = ["A": "1", "b": "", "A": "two words"]
        let block = "NATS/1.0\r\nA: 1\r\nb: \r\nA: two words\r\n\r\n"
        #expect(publish("hi", headers: headers) == "HPUB a.b 37 39\r\n\(block)hi\r\n")
        #expect(publish("", replyTo: "r", headers: headers) == "HPUB a.b r 37 37\r\n\(block)\r\n")
    }

    @Test func subscriptionsAndPings() {
        #expect(
            Steps.written { FrameWriter.subscribe(sid: 7, "a.*.>", into: &$0) } == "SUB a.*.> 7\r\n"
        )
        #expect(
            Steps.written { FrameWriter.subscribe(sid: 7, "a", queueGroup: "q", into: &$0) }
                == "SUB a q 7\r\n")
        #expect(Steps.written { FrameWriter.unsubscribe(sid: 7, into: &$0) } == "UNSUB 7\r\n")
        #expect(
            Steps.written { FrameWriter.unsubscribe(sid: 7, max: 3, into: &$0) } == "UNSUB 7 3\r\n")
        #expect(Steps.written { FrameWriter.ping(into: &$0) } == "PING\r\n")
        #expect(Steps.written { FrameWriter.pong(into: &$0) } == "PONG\r\n")
    }

    @Test("What we publish is what a parser of the same words reads")
    func roundTrip() {
        var random = SeededGenerator("FrameWriter round trip")
        for _ in 0..<200 {
            let payload = String(
                repairing: Bytes(
                    random.bytes(Int.random(in: 0..<300, using: &random)).map { $0 & 0x7F }))
            let published = publish(payload, replyTo: "r.1", headers: ["K": "v"])
            let delivered = published.replacing("HPUB a.b", with: "HMSG a.b 1")
            #expect(
                Steps.parse(delivered) == [
                    Steps.message(
                        "a.b", 1, reply: "r.1", headers: "NATS/1.0\r\nK: v\r\n\r\n", payload)
                ])
        }
    }
}
