/// Validation of UTF-8 (Unicode, table 3-7): no overlong forms, no surrogates, nothing above
/// U+10FFFF.
package enum UTF8Check {
    /// Position of the first byte of the first ill-formed sequence; nil when all is well formed.
    ///
    /// ASCII is skipped eight bytes at a time. Complexity: O(n).
    package static func firstInvalid(in span: Span<UInt8>) -> Int? {
        unsafe span.withUnsafeBytes { buffer -> Int? in
            var position = 0
            while true {
                position = unsafe endOfASCII(buffer, from: position)
                guard position < buffer.count else { return nil }
                guard let length = unsafe lengthOfSequence(buffer, at: position) else {
                    return position
                }
                position += length
            }
        }
    }

    /// Where the run of ASCII ends that starts at `start`.
    ///
    /// Sound: words are loaded at `position <= count - 8` and bytes below `count`.
    @inline(__always)
    @unsafe private static func endOfASCII(_ buffer: UnsafeRawBufferPointer, from start: Int) -> Int
    {
        var position = start
        while position <= buffer.count - 8 {
            let word = unsafe buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let high = UInt64(littleEndian: word) & 0x8080_8080_8080_8080
            if high != 0 { return position + high.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < buffer.count, unsafe buffer[position] < 0x80 { position += 1 }
        return position
    }

    /// Length of the well-formed sequence of two to four bytes at `start`; nil when there is none.
    @unsafe private static func lengthOfSequence(
        _ buffer: UnsafeRawBufferPointer, at start: Int
    ) -> Int? {
        let length: Int
        // The second byte's range shuts out overlong forms, surrogates and what is too great.
        let second: ClosedRange<UInt8>
        switch unsafe buffer[start] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard length <= buffer.count - start, unsafe second.contains(buffer[start + 1]) else {
            return nil
        }
        for index in start + 2..<start + max(length, 2) {
            guard unsafe buffer[index] & 0xC0 == 0x80 else { return nil }
        }
        return length
    }
}
