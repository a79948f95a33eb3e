/// A checked reader over a span, for metadata: every read says whether it fits.
///
/// Not for bulk data: a checked call a byte is ten times slower than a loop over the span.
package struct ByteCursor: ~Escapable {
    private let span: Span<UInt8>
    /// Bytes read so far.
    package private(set) var position = 0

    @_lifetime(copy span)
    package init(_ span: Span<UInt8>) { self.span = span }

    package var remaining: Int { span.count - position }

    /// The next integer, least significant byte first; nil when it does not fit.
    @_lifetime(self: copy self)
    package mutating func next<T: FixedWidthInteger & BitwiseCopyable>(
        littleEndian type: T.Type
    ) -> T? {
        guard let value = span.littleEndian(type, at: position) else { return nil }
        position += MemoryLayout<T>.size
        return value
    }

    /// Skips `count` bytes; false when there are fewer.
    @_lifetime(self: copy self)
    package mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, count <= remaining else { return false }
        position += count
        return true
    }
}

extension Span<UInt8> {
    /// The integer at `position`, least significant byte first, at any alignment; nil when it
    /// does not lie inside the span. The only unaligned load of the project; inlinable, since an
    /// unspecialised call costs ten times the load.
    @inlinable package func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, at position: Int
    ) -> T? {
        guard position >= 0, position <= count - MemoryLayout<T>.size else { return nil }
        let raw = unsafe withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: position, as: T.self)
        }
        return T(littleEndian: raw)
    }
}
