import BridgeBytes
import BridgeSockets
import NATSCore
import NATSWire
import TestKit
import Testing

@Suite struct RetainedFramesTests {
    private struct Sent {
        /// Where its frame ends in the stream.
        let end: Int
        let payload: Bytes
    }

    /// Messages with and without headers and of all sizes, between frames that are none.
    private static func frames(_ buffer: inout SendBuffer) -> [Sent] {
        let large = Bytes((0..<SendBuffer.leastPiece).map { UInt8(truncatingIfNeeded: $0) })
        var sent: [Sent] = []
        for (number, payload) in [
            Bytes(utf8: "one"), large, [], large, large, Bytes(utf8: "\r\nPUB x 9\r\n"),
        ].enumerated() {
            FrameWriter.ping(into: &buffer.text)
            let headers: Headers = number % 2 == 1 ? ["Number": "odd"] : [:]
            buffer.append(publish: payload, "a.b", replyTo: nil, headers: headers)
            sent.append(Sent(end: buffer.count, payload: payload))
            if number == 2 { FrameWriter.unsubscribe(sid: 7, into: &buffer.text) }
        }
        FrameWriter.pong(into: &buffer.text)
        return sent
    }

    /// The stream as the kernel would get it.
    private static func stream(_ buffer: borrowing SendBuffer) -> Bytes {
        var flat = ByteWriter(capacity: buffer.count)
        var position = 0
        for piece in buffer.pieces {
            flat.append(buffer.text.span.extracting(position..<piece.position))
            flat.append(piece.bytes)
            position = piece.position
        }
        flat.append(buffer.text.span.extracting(position..<buffer.text.count))
        return flat.finish()
    }

    /// The payloads of a stream of client frames that holds nothing but messages.
    private static func payloads(_ stream: Bytes) throws -> [Bytes] {
        var payloads: [Bytes] = []
        var position = 0
        while position < stream.count {
            let found = Scan.firstIndex(of: 0x0A, in: stream.span, from: position)
            let feed = try #require(found)
            let line = String(repairing: stream[position..<feed - 1]).split(separator: " ")
            let size = try #require(line.last.flatMap { Int($0) })
            let headers = line[0] == "HPUB" ? try #require(Int(line[2])) : 0
            payloads.append(stream[feed + 1 + headers..<feed + 1 + size])
            position = feed + 1 + size + 2
        }
        return payloads
    }

    @Test func `whatever was sent, the messages that were not sent whole survive`() throws {
        var whole = SendBuffer(capacity: 16)
        let count = Self.frames(&whole).last?.end ?? 0
        // Every position near the borders of frames, and steps inside the large payloads.
        var positions = Set(stride(from: 0, through: count, by: 997))
        for frame in Self.frames(&whole) {
            for position in max(0, frame.end - 60)..<frame.end + 60 { positions.insert(position) }
        }
        for position in positions.sorted() where position <= count {
            var buffer = SendBuffer(capacity: 16)
            let sent = Self.frames(&buffer)
            buffer.advance(by: position)
            var kept = SendBuffer(capacity: 16)
            _ = RetainedFrames.keep(buffer, into: &kept)
            let expected = sent.filter { $0.end > position }.map(\.payload)
            let isRight = try Self.payloads(Self.stream(kept)) == expected
            #expect(isRight, "sent \(position)")
        }
    }

    @Test func `a large payload is not copied`() {
        var buffer = SendBuffer(capacity: 16)
        let frames = Self.frames(&buffer)
        var kept = SendBuffer(capacity: 16)
        _ = RetainedFrames.keep(buffer, into: &kept)
        let large = frames.map(\.payload).filter { $0.count >= SendBuffer.leastPiece }
        let isSame = kept.pieces.map(\.bytes.address) == large.map(\.address)
        #expect(isSame && large.count == 3)
    }
}
