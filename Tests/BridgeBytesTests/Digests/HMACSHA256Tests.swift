import BridgeBytes
import Testing

@Suite struct HMACSHA256Tests {
    private func code(_ text: [UInt8], _ key: [UInt8]) -> String {
        let code = HMACSHA256.code(of: text.span, key: key.span)
        return Hex.string(code.span)
    }

    // RFC 4231: test cases 1, 2, 3, 6 and 7.
    @Test func `the codes are those of RFC 4231`() {
        #expect(
            code(Array("Hi There".utf8), [UInt8](repeating: 0x0B, count: 20))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            code(Array("what do ya want for nothing?".utf8), Array("Jefe".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            code([UInt8](repeating: 0xDD, count: 50), [UInt8](repeating: 0xAA, count: 20))
                == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
        let long = [UInt8](repeating: 0xAA, count: 131)
        #expect(
            code(Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8), long)
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        let text =
            "This is a test using a larger than block-size key and a larger than block-size data."
            + " The key needs to be hashed before being used by the HMAC algorithm."
        #expect(
            code(Array(text.utf8), long)
                == "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")
    }

    @Test func `a key of a block is used as it is, and one byte more is not`() {
        let block = [UInt8](repeating: 7, count: 64)
        #expect(code([], block) == code([], block))
        #expect(code([], block + [0]) != code([], block))
        // Zeros behind a key change nothing, as RFC 2104 fills with them.
        #expect(code([1], [5]) == code([1], [5, 0, 0]))
    }
}
