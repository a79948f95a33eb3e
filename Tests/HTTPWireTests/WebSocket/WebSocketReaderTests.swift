import BridgeBytes
import HTTPWire
import Testing

@Suite struct WebSocketReaderTests {
    private func next(
        _ reader: inout WebSocketReader, _ bytes: [UInt8], payloadLimit: Int = .max
    ) throws -> WebSocketReader.Step {
        try reader.next(bytes.span, payloadLimit: payloadLimit)
    }

    @Test func `frames come as steps, and payload as it comes`() throws {
        var reader = WebSocketReader()
        #expect(try next(&reader, [0x02]) == .needMore)
        #expect(try next(&reader, [0x02, 0x03]) == .head(2))
        #expect(try next(&reader, []) == .needMore)
        #expect(try next(&reader, [1, 2, 3], payloadLimit: 2) == .payload(2))
        #expect(!reader.isBetweenFrames)
        // The rest, and a control frame before the message goes on.
        #expect(try next(&reader, [3, 0x89]) == .payload(1))
        #expect(try next(&reader, [0x89, 0x02, 7]) == .head(2))
        #expect(try next(&reader, [7]) == .needMore)
        #expect(try next(&reader, [7, 8]) == .ping(2))
        #expect(!reader.isBetweenFrames)
        #expect(try next(&reader, [0x80, 0x00]) == .head(2))
        #expect(reader.isBetweenFrames)
        #expect(try next(&reader, [0x88, 0x04]) == .head(2))
        #expect(
            try next(&reader, [0x03, 0xE9, 0x68, 0x69]) == .close(4, code: 1001, reason: "hi"))
    }

    @Test func `a frame that is larger than any message is refused at its head`() {
        var limits = WebSocketLimits()
        limits.maxFrame = 200
        var reader = WebSocketReader(limits: limits)
        let error = #expect(throws: WebSocketError.self) {
            try next(&reader, [0x82, 126, 0, 201])
        }
        #expect(error?.code == .tooLarge && error?.closeCode == 1009)
    }
}
