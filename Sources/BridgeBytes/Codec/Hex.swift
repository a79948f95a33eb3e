/// Hexadecimal digits: written in lower case, read in either.
@usableFromInline package enum Hex {
    /// The digit of a value below 16, in lower case.
    @inlinable package static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 + value - 10
    }

    /// Appends two digits a byte.
    package static func encode(_ span: Span<UInt8>, into writer: inout ByteWriter) {
        writer.reserve(span.count * 2)
        for index in 0..<span.count {
            writer.append(digit(span[index] >> 4))
            writer.append(digit(span[index] & 15))
        }
    }

    /// The digits as text.
    package static func string(_ span: Span<UInt8>) -> String {
        var text = ""
        text.reserveCapacity(span.count * 2)
        for index in 0..<span.count {
            text.unicodeScalars.append(Unicode.Scalar(digit(span[index] >> 4)))
            text.unicodeScalars.append(Unicode.Scalar(digit(span[index] & 15)))
        }
        return text
    }

    /// The bytes that `text` spells. Throws with the position of the first fault.
    package static func decode(_ text: Span<UInt8>) throws(CodecError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for index in 0..<text.count {
            guard let digit = value(text[index]) else {
                throw CodecError(.invalidCharacter, at: index)
            }
            if let upper = high {
                bytes.append(upper << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { throw CodecError(.truncated, at: text.count) }
        return bytes
    }

    /// The value of one digit; nil for any other character.
    @inlinable package static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }
}
