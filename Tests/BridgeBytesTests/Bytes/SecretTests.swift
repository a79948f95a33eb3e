import BridgeBytes
import TestKit
import Testing

@Suite struct SecretTests {
    @Test func `a secret lends its bytes and shows none`() {
        let secret = Secret(copying: Array("hunter2".utf8).span)
        #expect(secret.count == 7 && secret.withBytes { $0[6] } == UInt8(ascii: "2"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect("\(secret)" == "[redacted]" && !dumped.contains("hunter2"))
    }

    @Test func `what fills a secret says how much of it counts, or fails`() throws {
        let part = Secret(capacity: 8) { memory in
            memory[0] = 1
            return 1
        }
        #expect(part.count == 1)
        #expect(Secret(capacity: 0) { _ in 0 }.count == 0)
        #expect(throws: CodecError.self) {
            _ = try Secret(capacity: 8) { (_) throws(CodecError) in
                throw CodecError(.truncated, at: 0)
            }
        }
    }

    @Test func `text for URLs has no padding, and is read strictly`() {
        #expect(Base64.encodeForURL(([0xFB, 0xEF, 0xFF, 0xFE] as [UInt8]).span) == "--___g")
        #expect(Base64.decodeFromURL(Array("--___g".utf8).span) == [0xFB, 0xEF, 0xFF, 0xFE])
        for text in ["++//", "--___g==", "a", "--__ g"] {
            #expect(Base64.decodeFromURL(Array(text.utf8).span) == nil)
        }
    }
}
