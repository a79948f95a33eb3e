public import BridgeBytes

/// Bits in the order of the format: the first is the least significant of the first byte.
///
/// A view of shared bytes; slicing copies nothing.
public struct Bitmap: Sendable {
    /// The bytes that hold the bits.
    @usableFromInline let bytes: Bytes
    /// Position of the first bit in the first byte. Invariant: `0 <= shift < 8`.
    @usableFromInline let shift: Int
    /// Number of bits.
    public let count: Int

    /// The first `count` bits of the bytes, which must hold them.
    package init(_ bytes: Bytes, count: Int) {
        self.init(bytes, from: 0, count: count)
    }

    private init(_ bytes: Bytes, from start: Int, count: Int) {
        let first = start / 8
        let end = count == 0 ? first : (start + count + 7) / 8
        self.bytes = bytes[first..<end]
        shift = start % 8
        self.count = count
    }

    /// The bit at a position. Traps when it is outside `0..<count`.
    @inlinable public subscript(position: Int) -> Bool {
        precondition(position >= 0 && position < count, "position outside the bitmap")
        let bit = shift + position
        return bytes.span[bit >> 3] >> UInt8(truncatingIfNeeded: bit & 7) & 1 != 0
    }

    /// Part of the bits, without a copy. Traps when the range is outside `0..<count`.
    public subscript(range: Range<Int>) -> Bitmap {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the bitmap")
        return Bitmap(bytes, from: shift + range.lowerBound, count: range.count)
    }

    /// How many bits are set. Complexity: O(n), 64 bits at a time.
    public var setCount: Int {
        guard count > 0 else { return 0 }
        let span = bytes.span
        let last = span.count - 1
        let headMask = UInt8.max << UInt8(truncatingIfNeeded: shift)
        let tailMask = UInt8.max >> UInt8(truncatingIfNeeded: (8 - (shift + count) % 8) % 8)
        guard last > 0 else { return (span[0] & headMask & tailMask).nonzeroBitCount }
        var total = (span[0] & headMask).nonzeroBitCount + (span[last] & tailMask).nonzeroBitCount
        var index = 1
        while index + 8 <= last {
            total += span.littleEndian(UInt64.self, at: index)?.nonzeroBitCount ?? 0
            index += 8
        }
        while index < last {
            total += span[index].nonzeroBitCount
            index += 1
        }
        return total
    }

    /// The bits as bytes that begin with the first bit. Copies only when the view begins inside a
    /// byte.
    var aligned: Bytes {
        guard shift != 0 else { return bytes }
        var writer = ByteWriter(capacity: (count + 7) / 8)
        let span = bytes.span
        let low = UInt8(truncatingIfNeeded: shift)
        for index in 0..<(count + 7) / 8 {
            let high = index + 1 < span.count ? span[index + 1] : 0
            writer.append(span[index] >> low | high << (8 - low))
        }
        return writer.finish()
    }

    /// A bitmap of the results of a function. Complexity: O(n).
    public init(count: Int, where isSet: (Int) -> Bool) {
        var writer = ByteWriter(capacity: (count + 7) / 8)
        var start = 0
        while start < count {
            var byte: UInt8 = 0
            for bit in 0..<Swift.min(8, count - start) where isSet(start + bit) {
                byte |= 1 << UInt8(truncatingIfNeeded: bit)
            }
            writer.append(byte)
            start += 8
        }
        self.init(writer.finish(), count: count)
    }
}

extension Bitmap: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }
}
