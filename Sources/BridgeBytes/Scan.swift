internal import Glibc

/// Searches over spans. Free of state; every position is relative to the span's start.
package enum Scan {
    /// Position of the first `byte` at or after `start`, or nil. Complexity: O(n), by `memchr`.
    package static func firstIndex(
        of byte: UInt8, in span: Span<UInt8>, from start: Int = 0
    ) -> Int? {
        guard start < span.count else { return nil }
        return unsafe span.withUnsafeBytes { buffer -> Int? in
            // Sound: `start < count`, so the base is not nil and the searched range lies inside.
            guard let base = buffer.baseAddress,
                let hit = unsafe memchr(base + start, Int32(byte), buffer.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(hit) - base
        }
    }

    /// Whether two spans hold the same bytes. Complexity: O(n), by `memcmp`.
    package static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                guard let one = left.baseAddress, let other = right.baseAddress else { return true }
                return unsafe memcmp(one, other, left.count) == 0
            }
        }
    }

    /// Whether the span holds exactly the ASCII bytes of `text`.
    package static func equal(_ span: Span<UInt8>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { unsafe equal(span, $0.span) }
    }

    /// Whether the span begins with the ASCII bytes of `text`, letters compared without case.
    package static func hasPrefix(
        _ span: Span<UInt8>, caseInsensitive text: StaticString
    ) -> Bool {
        text.withUTF8Buffer { prefix in
            guard span.count >= prefix.count else { return false }
            for index in 0..<prefix.count
            where lowercased(span[index]) != lowercased(unsafe prefix[index]) {
                return false
            }
            return true
        }
    }

    /// An ASCII letter in lower case; any other byte unchanged.
    package static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }
}
