extension Base64 {
    /// Four tables of 256: the bits of the first, second, third and fourth character of a group,
    /// at their places in three bytes that are stored least significant first.
    private static let parts: [UInt32] = {
        var table = [UInt32](repeating: invalid, count: 4 * 256)
        for character in 0..<256 {
            guard let value = value(UInt8(character)).map(UInt32.init) else { continue }
            table[character] = value << 2
            table[256 + character] = value >> 4 | (value & 15) << 12
            table[512 + character] = (value >> 2) << 8 | (value & 3) << 22
            table[768 + character] = value << 16
        }
        return table
    }()

    private static let invalid: UInt32 = 1 << 24

    static func decodeStrictly(_ text: Span<UInt8>) throws(CodecError) -> Bytes {
        guard text.count > 0 else { return Bytes() }
        // The last group may be padded, so only those before it go through the fast loop.
        let whole = (text.count - 1) / 4 * 4
        // The fast loop stores eight bytes for six: two spare ones at the end.
        var writer = ByteWriter(capacity: text.count / 4 * 3 + 8)
        let read = unsafe text.withUnsafeBytes { source -> Int in
            var read = 0
            unsafe writer.appendUnsafe(upTo: whole / 4 * 3 + 2) { (target) throws(Never) -> Int in
                read = unsafe decodePairs(source, count: whole, into: target)
                return read / 4 * 3
            }
            return read
        }
        var position = read
        while position < whole {
            try decodeGroup(text, at: position, into: &writer)
            position += 4
        }
        try decodeLastGroup(text, at: whole, into: &writer)
        return writer.finish()
    }

    /// Decodes pairs of groups until one holds a fault; returns the characters decoded.
    ///
    /// Sound: a step reads characters `read ..< read + 8 <= count` and writes 8 bytes at
    /// `write = read / 4 * 3 <= count / 4 * 3 - 6`, and the target holds two more than that.
    @unsafe private static func decodePairs(
        _ source: UnsafeRawBufferPointer, count: Int, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        precondition(count <= source.count && target.count >= count / 4 * 3 + 2)
        guard let input = source.baseAddress, let output = target.baseAddress else { return 0 }
        return unsafe parts.withUnsafeBufferPointer { table -> Int in
            guard let first = table.baseAddress else { return 0 }
            let second = unsafe first + 256
            let third = unsafe first + 512
            let fourth = unsafe first + 768
            var read = 0
            var write = 0
            while read <= count - 8 {
                let text = UInt64(
                    littleEndian: unsafe input.loadUnaligned(
                        fromByteOffset: read, as: UInt64.self))
                let low =
                    unsafe first[Int(text & 0xFF)] | second[Int(text >> 8 & 0xFF)]
                    | third[Int(text >> 16 & 0xFF)] | fourth[Int(text >> 24 & 0xFF)]
                let high =
                    unsafe first[Int(text >> 32 & 0xFF)] | second[Int(text >> 40 & 0xFF)]
                    | third[Int(text >> 48 & 0xFF)] | fourth[Int(text >> 56)]
                if (low | high) & invalid != 0 { break }
                let word = UInt64(low) | UInt64(high) << 24
                unsafe output.storeBytes(
                    of: word.littleEndian, toByteOffset: write, as: UInt64.self)
                read += 8
                write += 6
            }
            return read
        }
    }

    /// Decodes one group of four characters without padding.
    private static func decodeGroup(
        _ text: Span<UInt8>, at start: Int, into writer: inout ByteWriter
    ) throws(CodecError) {
        var group: UInt32 = 0
        for index in start..<start + 4 {
            guard let value = value(text[index]) else {
                let isPadding = text[index] == padding
                throw CodecError(isPadding ? .invalidPadding : .invalidCharacter, at: index)
            }
            group = group << 6 | UInt32(value)
        }
        append(group, count: 3, to: &writer)
    }

    /// Decodes the group that ends the text, which may hold padding.
    private static func decodeLastGroup(
        _ text: Span<UInt8>, at start: Int, into writer: inout ByteWriter
    ) throws(CodecError) {
        var group: UInt32 = 0
        var digits = 0
        while start + digits < text.count, let value = value(text[start + digits]) {
            group = group << 6 | UInt32(value)
            digits += 1
        }
        for index in start + digits..<text.count where text[index] != padding {
            // A character of the alphabet after padding means the padding was not the end.
            let misplaced = value(text[index]) != nil
            throw CodecError(misplaced ? .invalidPadding : .invalidCharacter, at: index)
        }
        guard text.count - start == 4 else { throw CodecError(.truncated, at: text.count) }
        guard digits >= 2 else { throw CodecError(.invalidPadding, at: start + digits) }
        let unused = (4 - digits) * 2
        guard group & (1 << unused - 1) == 0 else {
            throw CodecError(.nonCanonical, at: start + digits - 1)
        }
        append(group << ((4 - digits) * 6), count: digits - 1, to: &writer)
    }

    private static func append(_ group: UInt32, count: Int, to writer: inout ByteWriter) {
        for index in 0..<count {
            writer.append(UInt8(truncatingIfNeeded: group >> (16 - 8 * UInt32(index))))
        }
    }

    /// Decodes one character at a time: peers that write such text write little of it.
    static func decodeLeniently(_ text: Span<UInt8>) throws(CodecError) -> Bytes {
        var writer = ByteWriter(capacity: text.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var digits = 0
        var padded = 0
        for index in 0..<text.count {
            switch text[index] {
            case 0x20, 0x09, 0x0A, 0x0C, 0x0D:
                continue
            case padding:
                padded += 1
                guard digits % 4 + padded <= 4, digits % 4 >= 2 else {
                    throw CodecError(.invalidPadding, at: index)
                }
            case let character:
                guard padded == 0 else { throw CodecError(.invalidPadding, at: index) }
                guard let value = value(standard(character)) else {
                    throw CodecError(.invalidCharacter, at: index)
                }
                group = group << 6 | UInt32(value)
                digits += 1
                if digits % 4 == 0 { append(group & 0xFF_FFFF, count: 3, to: &writer) }
            }
        }
        let rest = digits % 4
        guard rest != 1 else { throw CodecError(.truncated, at: text.count) }
        guard padded == 0 || rest + padded == 4 else {
            throw CodecError(.invalidPadding, at: text.count)
        }
        if rest > 0 { append(group << ((4 - UInt32(rest)) * 6), count: rest - 1, to: &writer) }
        return writer.finish()
    }

    /// The standard character that a URL-safe one stands for (RFC 4648, section 5).
    private static func standard(_ character: UInt8) -> UInt8 {
        switch character {
        case 0x2D: 0x2B
        case 0x5F: 0x2F
        default: character
        }
    }
}
