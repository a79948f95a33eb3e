import BridgeBytes
import Testing

@Suite struct HexTests {
    @Test("Every byte is written in lower case and read in either")
    func everyByte() throws {
        for byte in UInt8.min ... .max {
            let text = Hex.string([byte].span)
            #expect(text == (byte < 16 ? "0" : "") + String(byte, radix: 16))
            #expect(try Hex.decode(Array(text.utf8).span) == [byte])
            #expect(try Hex.decode(Array(text.uppercased().utf8).span) == [byte])
        }
    }

    @Test("Faults are told with their place")
    func faults() {
        #expect(throws: CodecError(.invalidCharacter, at: 2)) {
            try Hex.decode(Array("00g0".utf8).span)
        }
        #expect(throws: CodecError(.truncated, at: 3)) { try Hex.decode(Array("abc".utf8).span) }
    }

    @Test("Into a writer, after what is there")
    func intoWriter() {
        var writer = ByteWriter()
        writer.append("x")
        Hex.encode([0, 255].span, into: &writer)
        #expect(String(validating: writer.finish()) == "x00ff")
    }
}
