/// Base64 of RFC 4648, section 4: standard alphabet, padding, no line breaks.
///
/// ## Theory of operation
/// Both directions are table driven, eight characters a step, since the portable instruction set
/// has no byte shuffle.
/// - Encoding looks up 12 bits at a time: one of 4,096 entries holds two finished characters.
/// - Decoding looks up each of four characters in a table of its own, whose entry is the
///   character's six bits already shifted to their place in the output. The four entries are
///   joined by `or`. Bit 24 marks a character outside the alphabet, so one test a step finds a
///   fault; only then is the step repeated slowly to say where it is.
///
/// Decoding is strict unless told otherwise, so that one run of bytes has one text: a signature or
/// a comparison over the text cannot be deceived (RFC 4648, section 3.5).
package enum Base64 {
    /// Which deviations a decoder forgives.
    package enum Strictness: Sendable {
        /// None: whole groups of four, padding required, unused bits zero.
        case strict
        /// Forgives missing padding, ASCII white space, unused bits and the URL-safe alphabet.
        case lenient
    }

    /// Length of the text that encodes `count` bytes.
    package static func encodedCount(_ count: Int) -> Int {
        precondition(count >= 0 && count <= Int.max / 2, "no such number of bytes")
        return (count + 2) / 3 * 4
    }

    /// Appends the text of `span` to `writer`.
    package static func encode(_ span: Span<UInt8>, into writer: inout ByteWriter) {
        let length = encodedCount(span.count)
        guard length > 0 else { return }
        unsafe span.withUnsafeBytes { source in
            unsafe writer.appendUnsafe(upTo: length) { (target) throws(Never) -> Int in
                unsafe encode(source, into: target)
                return length
            }
        }
    }

    /// The text of `span`.
    package static func encode(_ span: Span<UInt8>) -> Bytes {
        var writer = ByteWriter(capacity: encodedCount(span.count))
        encode(span, into: &writer)
        return writer.finish()
    }

    /// The bytes that `text` encodes. Throws with the position of the first fault.
    package static func decode(
        _ text: Span<UInt8>, _ strictness: Strictness = .strict
    ) throws(CodecError) -> Bytes {
        switch strictness {
        case .strict: try decodeStrictly(text)
        case .lenient: try decodeLeniently(text)
        }
    }

    /// The value of a character of the standard alphabet; nil for any other.
    static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x61...0x7A: character - 0x61 + 26
        case 0x30...0x39: character - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Two characters for each 12 bits, the first in the low byte.
    private static let pairs: [UInt16] = (0..<4096).map {
        UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8
    }
}

// MARK: - Encoding

extension Base64 {
    /// Writes `encodedCount(source.count)` characters to the start of `target`.
    ///
    /// Sound: a step reads 8 bytes at `read <= source.count - 8` and writes 8 at `write`, where
    /// `write = read / 6 * 8 <= encodedCount - 8`; the tail handles what is left byte by byte.
    @unsafe private static func encode(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) {
        precondition(target.count >= encodedCount(source.count))
        guard let input = source.baseAddress, let output = target.baseAddress else { return }
        let count = source.count
        var read = 0
        var write = 0
        unsafe pairs.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress else { return }
            while read <= count - 8 {
                let word = UInt64(
                    bigEndian: unsafe input.loadUnaligned(fromByteOffset: read, as: UInt64.self))
                let first = unsafe UInt64(table[Int(word >> 52)])
                let second = unsafe UInt64(table[Int(word >> 40 & 0xFFF)])
                let third = unsafe UInt64(table[Int(word >> 28 & 0xFFF)])
                let fourth = unsafe UInt64(table[Int(word >> 16 & 0xFFF)])
                let text = first | second << 16 | third << 32 | fourth << 48
                unsafe output.storeBytes(
                    of: text.littleEndian, toByteOffset: write, as: UInt64.self)
                read += 6
                write += 8
            }
        }
        unsafe encodeTail(source, from: read, into: target, at: write)
    }

    /// Encodes the last bytes, with padding.
    @unsafe private static func encodeTail(
        _ source: UnsafeRawBufferPointer, from start: Int,
        into target: UnsafeMutableRawBufferPointer, at position: Int
    ) {
        var read = start
        var write = position
        while read < source.count {
            let held = min(3, source.count - read)
            var group: UInt32 = 0
            for index in 0..<held {
                group |= unsafe UInt32(source[read + index]) << (16 - 8 * UInt32(index))
            }
            for index in 0..<4 {
                let digit = Int(group >> (18 - 6 * UInt32(index)) & 63)
                unsafe target[write + index] = index <= held ? alphabet[digit] : padding
            }
            read += held
            write += 4
        }
    }

    static var padding: UInt8 { 0x3D }
}
