import BridgeBytes
import HTTPWire
import TestKit
import Testing

/// Frames in both directions, as RFC 6455 has them and as peers break it.
@Suite struct WebSocketFrameTests {
    typealias Bench = WebSocketBench

    @Test func `payload comes out as one stream, however frames and pieces are cut`() {
        let text =
            Bench.frame(2, [1, 2], isFinal: false) + Bench.frame(9, [7]) + Bench.frame(0, [])
            + Bench.frame(2, [3], form: 8) + Bench.frame(10, [9]) + Bench.frame(1, [0x41], form: 2)
            + Bench.frame(2, [UInt8](repeating: 5, count: 200)) + Bench.frame(8, [0x03, 0xE8])
        let whole = [1, 2, 3, 0x41] + [UInt8](repeating: 5, count: 200)
        for feed in Splits.of(Bytes(text)) {
            let bench = Bench.open()
            var seen: [UInt8] = []
            for piece in feed.pieces {
                bench.receive(piece)
                let read = bench.read(room: 7)
                seen += read.bytes
            }
            #expect(seen == whole)
            #expect(bench.read().end == "ended")
            let frames = Bench.frames(bench.sent())
            #expect(frames.map(\.opcode) == [10, 8])
            #expect(frames.map(\.payload) == [[7], [0x03, 0xE8]])
        }
    }

    @Test(arguments: [
        ([0xC2, 0x00], 1002), ([0x83, 0x00], 1002), ([0x8B, 0x00], 1002), ([0x82, 0x80], 1002),
        ([0x09, 0x00], 1002), ([0x89, 0x7E, 0x00, 0x7E], 1002), ([0x80, 0x00], 1002),
        ([0x02, 0x00, 0x82, 0x00], 1002), ([0x88, 0x01, 0x03], 1002),
        ([0x88, 0x02, 0x03, 0xED], 1002), ([0x88, 0x02, 0x00, 0x00], 1002),
        ([0x88, 0x02, 0x13, 0x88], 1002),
        ([0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 1], 1002),
        ([0x82, 0x7F, 0x00, 1, 0, 0, 0, 0, 0, 0], 1009),
        ([0x81, 0x01, 0xFF], 1007), ([0x81, 0x02, 0xC3, 0x28], 1007), ([0x81, 0x01, 0xC3], 1007),
        ([0x01, 0x01, 0xC3, 0x80, 0x00], 1007), ([0x88, 0x03, 0x03, 0xE8, 0xFF], 1007),
    ])
    func `what breaks the rules ends the connection, and the peer is told`(
        _ bytes: [UInt8], _ number: Int
    ) {
        for pieces in [[bytes], bytes.map { [$0] }] {
            let bench = Bench.open()
            var end = ""
            for piece in pieces {
                bench.receive(Bytes(piece))
                end = bench.read().end
            }
            #expect(["protocol_violation", "too_large", "invalid_utf8"].contains(end))
            let frames = Bench.frames(bench.sent())
            #expect(frames.map(\.opcode) == [8])
            #expect(frames.first?.payload == [UInt8(number >> 8), UInt8(number & 255)])
            #expect(bench.transform.write([1]) == 0)
        }
    }

    @Test func `text is taken as bytes, and its characters may be cut`() {
        let bench = Bench.open()
        let text = Array("aé€😀".utf8)
        for (index, byte) in text.enumerated() {
            bench.receive(
                Bytes(Bench.frame(index == 0 ? 1 : 0, [byte], isFinal: index == text.count - 1)))
        }
        #expect(bench.read() == (text, "needs input"))
    }

    @Test(arguments: [
        ([], "ended", []), ([0x03, 0xE8], "ended", [0x03, 0xE8]),
        ([0x03, 0xE9] + Array("Server Shutdown".utf8), "disconnected", [0x03, 0xE9]),
        ([0x03, 0xF0] + [UInt8](repeating: 0x41, count: 123), "disconnected", [0x03, 0xF0]),
    ])
    func `a closing frame is answered once, and ends both directions`(
        _ payload: [UInt8], _ end: String, _ answer: [UInt8]
    ) {
        let bench = Bench.open()
        bench.receive(Bytes(Bench.frame(2, [1]) + Bench.frame(8, payload) + Bench.frame(2, [2])))
        #expect(bench.read() == ([1], end))
        bench.receive(Bytes(Bench.frame(8, payload)))
        bench.transform.endWriting()
        let frames = Bench.frames(bench.sent())
        #expect(frames.map(\.opcode) == [8] && frames.first?.payload == answer)
        #expect(bench.transform.write([1]) == 0)
    }

    @Test func `an end without a closing frame is an end, and one within a frame is none`() {
        let bench = Bench.open()
        bench.receive(Bytes(Bench.frame(2, [1])))
        #expect(bench.read().bytes == [1])
        bench.transform.receiveEnd()
        #expect(bench.read().end == "ended")
        let cut = Bench.open()
        cut.receive([0x82, 0x05, 0x01])
        #expect(cut.read().bytes == [1])
        cut.transform.receiveEnd()
        #expect(cut.read().end == "disconnected")
    }

    @Test(arguments: [1, 125, 126, 65_535, 65_536, 200_000])
    func `what is written becomes whole frames with a key each`(_ count: Int) {
        let bench = Bench.open(masks: [0x0102_0304, 0xFF00_AA55, 0x1234_5678, 0x8765_4321])
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(bench.transform.write(bytes) == count)
        let sent = bench.sent()
        let frames = Bench.frames(sent)
        #expect(frames.flatMap(\.payload) == bytes && frames.allSatisfy { $0.opcode == 2 })
        #expect(frames.allSatisfy { $0.payload.count <= 65_535 })
        #expect(Set(frames.map(\.mask)).count == frames.count)
        // A byte of the application has left when its place in a frame has.
        var left = 0
        for _ in sent { left += bench.transform.outputLeft(1) }
        let request = bench.transform.outputLeft(1 << 20)
        #expect(left + request == count)
    }

    @Test func `no more is taken than there is room for`() {
        var limits = WebSocketLimits()
        limits.maxOutput = 1000
        limits.maxOwnFrame = 400
        let bench = Bench.open(limits: limits)
        #expect(bench.transform.write([UInt8](repeating: 1, count: 5000)) == 1200)
        #expect(bench.transform.write([1]) == 0)
        // Only a part leaves at a time, and what has left does not pile up.
        var total = 1200
        for _ in 0..<1000 {
            bench.transform.sendOutput { min($0.count, 300) }
            total += bench.transform.write([UInt8](repeating: 1, count: 300))
        }
        #expect(total > 100_000 && bench.sent().count < 2000)
    }

    @Test func `of many questions that wait the last one is answered`() {
        var limits = WebSocketLimits()
        limits.maxOutput = 100
        let bench = Bench.open(limits: limits)
        #expect(bench.transform.write([UInt8](repeating: 1, count: 100)) == 100)
        for number in 1...9 { bench.receive(Bytes(Bench.frame(9, [UInt8(number)]))) }
        #expect(bench.read().end == "needs input")
        let frames = Bench.frames(bench.sent())
        #expect(frames.map(\.opcode) == [2, 10] && frames.last?.payload == [9])
    }
}
