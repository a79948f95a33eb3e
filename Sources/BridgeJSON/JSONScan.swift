internal import BridgeBytes

/// The bulk loops over JSON text.
enum JSONScan {
    /// What stands where a run of plain string bytes ends.
    struct Stop {
        /// Position of the closing quote, a backslash, a control byte, or the end of the text.
        let position: Int
        /// Whether a byte of 0x80 or more was passed: then UTF-8 has to be checked.
        let hasHighBytes: Bool
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// Passes over string bytes that stand for themselves, eight at a time.
    static func plainString(_ span: Span<UInt8>, from start: Int) -> Stop {
        unsafe span.withUnsafeBytes { buffer in
            let count = buffer.count
            var position = start
            var high: UInt64 = 0
            while position + 8 <= count {
                // Sound: eight bytes from `position` lie inside the buffer.
                let word = unsafe buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                let quote = word ^ (ones &* 0x22)
                let slash = word ^ (ones &* 0x5C)
                // A byte's top bit is set where that byte is below 0x20, a quote or a backslash;
                // a false alarm next to a true one only costs the slow loop below.
                let special =
                    ((word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote
                        | (slash &- ones) & ~slash) & tops
                if special != 0 { break }
                high |= word & tops
                position += 8
            }
            while position < count {
                let byte = unsafe buffer[position]
                if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
                high |= UInt64(byte & 0x80)
                position += 1
            }
            return Stop(position: position, hasHighBytes: high != 0)
        }
    }
}
