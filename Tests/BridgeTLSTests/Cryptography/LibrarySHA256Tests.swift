import BridgeBytes
import BridgeTLS
import TestKit
import Testing

/// SHA-256 by the library and by ourselves, which must not differ.
@Suite(.needsCryptography) struct LibrarySHA256Tests {
    private static func compressor() throws -> SHA256.Compressor {
        try #require(LibrarySHA256.compressor(of: OpenSSL.library()))
    }

    private static func hex(
        _ pieces: [[UInt8]], by compressor: (Int) -> SHA256.Compressor?
    ) -> String {
        var digest = SHA256()
        for (index, piece) in pieces.enumerated() {
            digest.update(piece.span, by: compressor(index))
        }
        return Hex.string(digest.finalize().span)
    }

    /// NIST's, and one of OpenSSL's tool for a million bytes.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func `vectors hold in both ways`(text: String, digest: String) throws {
        let compressor = try Self.compressor()
        #expect(Self.hex([Array(text.utf8)]) { _ in compressor } == digest)
        #expect(Self.hex([Array(text.utf8)]) { _ in nil } == digest)
    }

    @Test func `any length in any pieces is one digest, whoever takes which piece`() throws {
        let compressor = try Self.compressor()
        var generator = SeededGenerator(seed: SeededGenerator.runSeed)
        for _ in 0..<300 {
            let bytes = generator.bytes(Int.random(in: 0...3000, using: &generator))
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &generator) }
                .sorted()
            let edges = [0] + cuts + [bytes.count]
            let pieces = (1..<edges.count).map { Array(bytes[edges[$0 - 1]..<edges[$0]]) }
            let ours = Self.hex([bytes]) { _ in nil }
            #expect(Self.hex([bytes]) { _ in compressor } == ours)
            let turns = (0..<4).map { _ in Bool.random(using: &generator) }
            #expect(Self.hex(pieces) { turns[$0] ? compressor : nil } == ours)
        }
    }

    @Test func `what is offered is used for what is large, with the same result`() {
        LibrarySHA256.offer()
        let bytes = [UInt8](repeating: 7, count: 1 << 20)
        var digest = SHA256()
        digest.update(bytes.span)
        #expect(Hex.string(digest.finalize().span) == Self.hex([bytes]) { _ in nil })
    }
}
