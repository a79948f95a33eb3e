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
