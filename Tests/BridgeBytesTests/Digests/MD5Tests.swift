import BridgeBytes
import TestKit
import Testing

@Suite struct MD5Tests {
    /// The input of the vectors: a fixed pattern of the given length.
    private func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
    }

    private func md5(_ pieces: [[UInt8]]) -> String {
        var digest = MD5()
        for piece in pieces { digest.update(piece.span) }
        return Hex.string(digest.finalize().span)
    }

    @Test(
        "MD5 agrees with another implementation",
        arguments: [
            (0, "d41d8cd98f00b204e9800998ecf8427e"),
            (1, "8666683506aacd900bbd5a74ac4edf68"),
            (3, "c9aee4810523ef8658121b8d492c6b41"),
            (55, "52c0e574e1198de5fe3f8f11440dcb1b"),
            (56, "46c9907fc908ee68b1e7b8e71286a518"),
            (63, "a62f6d59e837867693f042f5b8f5a236"),
            (64, "7160b8fb5e9e4023d549c3971fbaeead"),
            (65, "70bd662e7aefbda85a0f7244167b7897"),
            (119, "e84905d4214f4d1ca56c2cdcc152b143"),
            (120, "e3eb5a6c8669ea01a8c185b8abc8a5dc"),
            (1000, "10046f077f2082ac19676b8079f1cb1a"),
        ])
    func agrees(count: Int, digits: String) { #expect(md5([pattern(count)]) == digits) }

    @Test("the vectors of RFC 1321")
    func vectors() {
        for (text, digits) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ] {
            #expect(md5([Array(text.utf8)]) == digits)
        }
    }

    @Test("where the input is cut changes nothing")
    func pieces() {
        var generator = SeededGenerator("MD5 pieces")
        let whole = pattern(700)
        for _ in 0..<50 {
            let cuts = (0..<4).map { _ in Int.random(in: 0...700, using: &generator) }.sorted()
            let bounds = [0] + cuts + [700]
            let pieces = zip(bounds, bounds.dropFirst()).map { Array(whole[$0..<$1]) }
            #expect(md5(pieces) == md5([whole]))
        }
    }
}
