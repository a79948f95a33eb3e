import ArrowIPC
import BridgeBytes
import Testing

@Suite struct XXH32Tests {
    /// Values of the reference implementation.
    @Test(
        arguments: [
            ("", 0x02CC_5D05), ("a", 0x550D_7456), ("abc", 0x32D1_53FF),
            ("Nobody inspects the spammish repetition", 0xE229_3B2F),
        ] as [(String, UInt32)])
    func knownTexts(text: String, digest: UInt32) {
        #expect(XXH32.hash(Bytes(utf8: text).span) == digest)
    }

    /// Lengths around the word and the stripe; byte i is i modulo 251.
    @Test(
        arguments: [
            (1, 0xCF65_B03E), (4, 0x8069_1E66), (15, 0x57C0_1ECE), (16, 0xB728_37F4),
            (17, 0x7C77_ADC2), (20, 0x828B_819C), (31, 0xEF24_F709), (32, 0x8307_41C1),
            (100, 0x7F89_BA44), (1_000, 0x30DD_1330),
        ] as [(Int, UInt32)])
    func lengthsAroundStripes(count: Int, digest: UInt32) {
        let bytes = Bytes((0..<count).map { UInt8($0 % 251) })
        #expect(XXH32.hash(bytes.span) == digest)
    }
}
