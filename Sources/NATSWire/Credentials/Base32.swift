internal import BridgeBytes

/// Base32 of RFC 4648, section 6, as keys of NATS are written in: upper case, no padding, and the
/// bits that are left over are zero, so that one run of bytes has one text.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[Int(bits >> count & 31)])
            }
            bits &= (1 << count) - 1
        }
        if count > 0 { text.append(alphabet[Int(bits << (5 - count) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Bytes that a text of `count` characters stands for.
    static func decodedCount(_ count: Int) -> Int { count * 5 / 8 }

    /// Writes what `text` stands for to the start of `output`, which has `decodedCount` bytes at
    /// least. Returns false when it is no such text.
    static func decode(_ text: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Bool {
        // A last group of one, three or six characters ends within a byte.
        guard ![1, 3, 6].contains(text.count % 8) else { return false }
        var bits: UInt32 = 0
        var count: UInt32 = 0
        var written = 0
        for index in 0..<text.count {
            guard let value = value(text[index]) else { return false }
            bits = bits << 5 | value
            count += 5
            if count >= 8 {
                count -= 8
                output[written] = UInt8(truncatingIfNeeded: bits >> count)
                written += 1
                bits &= (1 << count) - 1
            }
        }
        return bits == 0
    }

    private static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "2")...UInt8(ascii: "7"): UInt32(character - UInt8(ascii: "2")) + 26
        default: nil
        }
    }
}

/// The checksum of NATS keys: CRC-16/XMODEM.
enum CRC16 {
    /// Polynomial 0x1021, from zero, most significant bit first.
    static func of(_ span: Span<UInt8>) -> UInt16 {
        var crc: UInt16 = 0
        for index in 0..<span.count {
            crc ^= UInt16(span[index]) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        }
        return crc
    }

    /// Whether the last two bytes are the checksum of those before, least significant byte first.
    static func holds(in span: Span<UInt8>) -> Bool {
        guard span.count > 2 else { return false }
        let end = span.count - 2
        return of(span.extracting(0..<end)) == UInt16(span[end]) | UInt16(span[end + 1]) << 8
    }
}
