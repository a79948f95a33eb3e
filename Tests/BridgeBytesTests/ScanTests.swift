import BridgeBytes
import Testing

@Suite struct ScanTests {
    private func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        Scan.equal(left.span, right.span)
    }

    private func equal(_ left: String, _ right: StaticString) -> Bool {
        Scan.equal(Array(left.utf8).span, right)
    }

    private func hasPrefix(_ text: String, _ prefix: StaticString) -> Bool {
        Scan.hasPrefix(Array(text.utf8).span, caseInsensitive: prefix)
    }

    private func index(of byte: UInt8, in bytes: [UInt8], from start: Int = 0) -> Int? {
        Scan.firstIndex(of: byte, in: bytes.span, from: start)
    }

    @Test("The first place at or after the start")
    func firstIndex() {
        let bytes: [UInt8] = [1, 2, 3, 2]
        #expect(index(of: 2, in: bytes) == 1)
        #expect(index(of: 2, in: bytes, from: 2) == 3)
        #expect(index(of: 1, in: bytes, from: 1) == nil)
        #expect(index(of: 2, in: bytes, from: 4) == nil)
        #expect(index(of: 2, in: [UInt8]()) == nil)
    }

    @Test("Comparison of bytes and of text")
    func equality() {
        #expect(equal([1, 2], [1, 2]))
        #expect(!equal([1, 2], [1]))
        #expect(equal([UInt8](), []))
        #expect(equal("PING", "PING"))
        #expect(!equal("PINg", "PING"))
    }

    @Test("Prefixes without case, of letters only")
    func prefixes() {
        #expect(hasPrefix("nats/1.0 503", "NATS/1.0"))
        #expect(!hasPrefix("NAT", "NATS"))
        #expect(!hasPrefix("`", "@"))
        #expect(Scan.lowercased(0x5B) == 0x5B)
    }
}

@Suite struct SpanIntegersTests {
    @Test("Positions outside are refused, however far")
    func outside() {
        let bytes: [UInt8] = [1, 2, 3]
        for position in [-1, 2, 3, Int.max, Int.min] {
            #expect(bytes.span.littleEndian(UInt16.self, at: position) == nil)
        }
        #expect(bytes.span.littleEndian(UInt16.self, at: 1) == 0x0302)
    }
}
