extension ByteWriter {
    /// Appends `span` with a mask laid over it: byte i is changed by byte i mod 4 of the key, whose
    /// first byte is its most significant one (RFC 6455, section 5.3).
    package mutating func append(_ span: Span<UInt8>, maskedBy key: UInt32) {
        let count = span.count
        unsafe span.withUnsafeBytes { source in
            unsafe appendUnsafe(upTo: count) { (target) throws(Never) -> Int in
                unsafe Self.mask(source, by: key.bigEndian, into: target)
                return count
            }
        }
    }

    /// Sound: a step reads and writes eight bytes at `position <= count - 8`, a single one at
    /// `position < count`, and the target is as large as the source at least.
    ///
    /// - Parameter key: In memory, its first byte is the mask of the first byte.
    @unsafe private static func mask(
        _ source: UnsafeRawBufferPointer, by key: UInt32, into target: UnsafeMutableRawBufferPointer
    ) {
        precondition(target.count >= source.count)
        let count = source.count
        let wide = UInt64(key) << 32 | UInt64(key)
        var position = 0
        while position <= count - 8 {
            let word = unsafe source.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            unsafe target.storeBytes(of: word ^ wide, toByteOffset: position, as: UInt64.self)
            position += 8
        }
        while position < count {
            let byte = UInt8(truncatingIfNeeded: key.littleEndian >> (8 * UInt32(position % 4)))
            unsafe target[position] = source[position] ^ byte
            position += 1
        }
    }
}
