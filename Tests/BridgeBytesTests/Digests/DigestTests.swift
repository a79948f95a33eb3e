import BridgeBytes
import TestKit
import Testing

@Suite struct DigestTests {
    /// The input of the vectors: a fixed pattern of the given length.
    private func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
    }

    @Test(
        "XXH64 agrees with the reference implementation",
        arguments: [
            (0, 0xef46_db37_51d8_e999, 0xac75_fda2_929b_17ef),
            (1, 0x1f25_c8d0_bc1f_4bb6, 0x79cf_94f5_ace3_7fe1),
            (3, 0x31d2_363f_52e5_64c9, 0x96d2_a5e5_83dd_d738),
            (4, 0x9bb6_4b7d_66ee_9fda, 0x4a86_2fbb_4b73_776e),
            (7, 0x9a7b_1499_59ce_60d8, 0xddc5_cf71_d37a_6368),
            (8, 0xdab9_9d95_c6f9_0092, 0xc6e7_5e2c_bd8e_07ee),
            (31, 0xa2aa_5f33_cc4a_6119, 0x3818_22f3_3376_d6b6),
            (32, 0x23c3_c17e_f790_fd97, 0x9abd_3154_70ac_276a),
            (33, 0x50a7_cfc7_ba58_8784, 0x72cd_d326_2f46_7933),
            (63, 0x5e3e_54b4_31c7_493c, 0x634d_a7d2_6597_9e61),
            (64, 0x0eb6_4b3e_f6ee_b01f, 0xbcb3_847d_7052_5180),
            (100, 0xa61f_8d4c_170f_e531, 0x86f5_49ed_e5ac_87e2),
            (1000, 0x5f23_5fa0_33f1_a3fb, 0x8308_0310_ee83_cc20),
        ] as [(Int, UInt64, UInt64)])
    func xxh64(count: Int, plain: UInt64, seeded: UInt64) {
        var digest = XXH64()
        digest.update(pattern(count).span)
        #expect(digest.finalize() == plain)
        var other = XXH64(seed: 0x9E37_79B1)
        other.update(pattern(count).span)
        #expect(other.finalize() == seeded)
    }

    @Test(
        "SHA-256 agrees with another implementation",
        arguments: [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5"),
            (55, "e7313d333c272e639f790978283f9eb392e843d0f29b7016828bb1daa4aac70b"),
            (56, "4324d65f3c103567f5589c710bc08f8523f929a9272e3af36fc968e52abc6c27"),
            (57, "35df609437dcfea3279283ab79fd554e2bf78f8f7ae2de532d8ee300b09e8f73"),
            (63, "81c80242132f230c3bd41b3e63bbcff16107339549214a99614ff26664625055"),
            (64, "39e3d7b6b5d075d37d053ad89b24b41bef4f3c29760c84447cab3f3be1882241"),
            (65, "aacca6ff74fdbb296d165a45cecfa04e5127bc008770fbbdd48006f2d2fae95e"),
            (119, "9ce7368e4daf32341631b492e80359dc9f594b48453cd0dd5bf0b19279cc177e"),
            (120, "7836b787757e95e58b3ca5aec90b1b004e8deba1e50e9675af9cabf1a13a04b5"),
            (128, "d2742f1f4ac6bb7ca2b239ee18402ba8b3f9f8e652d2a72973c2b9ba11c08cf6"),
            (1000, "1e9bc38cbf860b9ec31918b065f9b52476c549a782e0e7990bed8ce3868d2371"),
        ])
    func sha256(count: Int, expected: String) {
        var digest = SHA256()
        digest.update(pattern(count).span)
        #expect(Hex.string(digest.finalize().span) == expected)
    }

    @Test("The cuts of the input do not matter", arguments: ChecksumAlgorithm.allCases)
    func splits(algorithm: ChecksumAlgorithm) {
        let input = Bytes(pattern(200))
        let whole = Checksum(of: input, algorithm)
        for feed in Splits.of(input) {
            var running = RunningChecksum(algorithm)
            for piece in feed.pieces { running.update(piece.span) }
            #expect(running.finalize() == whole, "\(feed)")
        }
    }

    @Test("A checksum is read as it is written", arguments: ChecksumAlgorithm.allCases)
    func roundTrip(algorithm: ChecksumAlgorithm) throws {
        let checksum = Checksum(of: Bytes(pattern(10)), algorithm)
        #expect(try Checksum(parsing: checksum.description) == checksum)
        #expect(try Checksum(parsing: checksum.description.uppercased()) == checksum)
    }

    @Test("The written forms are fixed")
    func writtenForms() {
        #expect(Checksum(of: Bytes()).description == "xxh64:ef46db3751d8e999")
        #expect(
            Checksum(of: Bytes(utf8: "abc"), .sha256).description
                == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("Faults are told")
    func faults() {
        let cases: [(String, CodecError)] = [
            ("", CodecError(.truncated, at: 0)),
            ("xxh64", CodecError(.truncated, at: 5)),
            ("md5:00", CodecError(.unknownAlgorithm, at: 0)),
            ("xxh64:ef46db3751d8e99", CodecError(.truncated, at: 21)),
            ("xxh64:ef46db3751d8e9990", CodecError(.truncated, at: 23)),
            ("xxh64:ef46db3751d8e99g", CodecError(.invalidCharacter, at: 21)),
        ]
        for (text, error) in cases {
            #expect(throws: error, "\(text)") { try Checksum(parsing: text) }
        }
    }

    @Test("Every flipped bit changes both digests")
    func flippedBits() {
        let input = pattern(70)
        for algorithm in ChecksumAlgorithm.allCases {
            let whole = Checksum(of: Bytes(input), algorithm)
            for bit in 0..<input.count * 8 {
                var changed = input
                changed[bit / 8] ^= 1 << (bit % 8)
                #expect(Checksum(of: Bytes(changed), algorithm) != whole)
            }
        }
    }

    @Test(
        "SHA-1 agrees with another implementation",
        arguments: [
            (0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"),
            (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
            (119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"),
            (120, "f34c1488385346a55709ba056ddd08280dd4c6d6"),
            (1000, "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ])
    func sha1(count: Int, digest: String) {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: count)
        #expect(Hex.string(SHA1.digest(bytes).span) == digest)
    }
}
