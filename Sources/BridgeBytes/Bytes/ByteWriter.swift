internal import Glibc

/// A reusable, growing output buffer.
///
/// Growth doubles, so appending is amortised O(1) a byte; `removeAll` keeps the memory. Whoever
/// owns a writer bounds what is put into it. `finish` hands the memory over as `Bytes` without a
/// copy.
///
/// The appends are inlined into the writers of the layers above: a frame of the NATS protocol is
/// seven of them, and the calls cost more than the bytes did.
@usableFromInline package struct ByteWriter: ~Copyable, Sendable {
    @usableFromInline var region: ByteRegion
    /// Number of bytes written.
    @usableFromInline package internal(set) var count = 0

    package init(capacity: Int = 256) {
        region = ByteRegion(capacity: capacity)
    }

    package var isEmpty: Bool { count == 0 }
    package var capacity: Int { region.capacity }

    /// What has been written so far.
    package var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Sound: the first `count` bytes are initialised and `self` owns the region.
            let start = unsafe UnsafeRawPointer(region.base).assumingMemoryBound(to: UInt8.self)
            let span = unsafe Span(_unsafeStart: start, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Forgets what was written and keeps the memory.
    package mutating func removeAll() { count = 0 }

    /// Forgets what was written after the first `count` bytes.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Makes room for `additional` bytes.
    @inlinable @inline(__always) package mutating func reserve(_ additional: Int) {
        guard region.capacity - count < additional else { return }
        grow(to: count + additional)
    }

    @usableFromInline mutating func grow(to needed: Int) {
        let larger = ByteRegion(capacity: max(needed, region.capacity * 2))
        // Sound: both regions hold at least `count` bytes and do not overlap.
        unsafe larger.base.copyMemory(from: region.base, byteCount: count)
        region = larger
    }

    @inlinable @inline(__always) package mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe region.base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inlinable @inline(__always) package mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBytes { unsafe append($0) }
    }

    @inlinable @inline(__always) package mutating func append(_ bytes: Bytes) { append(bytes.span) }

    package mutating func append(_ array: [UInt8]) { append(array.span) }

    /// Appends ASCII text known at compile time.
    @inlinable @inline(__always) package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends the UTF-8 bytes of a string.
    package mutating func append(utf8 string: String) {
        var string = string
        string.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a number in decimal digits.
    @inlinable @inline(__always) package mutating func append(decimal value: Int) {
        guard value < 0 || value > 9 else { return append(0x30 + UInt8(truncatingIfNeeded: value)) }
        append(decimal: value.magnitude, negative: value < 0)
    }

    @usableFromInline package mutating func append(decimal value: UInt, negative: Bool = false) {
        // The digits are written where they belong, from the last one to the first.
        let size = Decimal.digits(value) + (negative ? 1 : 0)
        reserve(size)
        var position = count + size
        var rest = value
        repeat {
            position -= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            let byte = 0x30 + UInt8(truncatingIfNeeded: digit)
            unsafe region.base.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
            rest = quotient
        } while rest != 0
        if negative {
            unsafe region.base.storeBytes(of: 0x2D, toByteOffset: count, as: UInt8.self)
        }
        count += size
    }

    /// Appends an integer, least significant byte first.
    package mutating func append<T: FixedWidthInteger & BitwiseCopyable>(littleEndian value: T) {
        let size = MemoryLayout<T>.size
        reserve(size)
        unsafe region.base.storeBytes(of: value.littleEndian, toByteOffset: count, as: T.self)
        count += size
    }

    /// Overwrites an integer at `position`, which was written before.
    package mutating func patch<T: FixedWidthInteger & BitwiseCopyable>(
        littleEndian value: T, at position: Int
    ) {
        precondition(position >= 0 && position + MemoryLayout<T>.size <= count)
        unsafe region.base.storeBytes(of: value.littleEndian, toByteOffset: position, as: T.self)
    }

    package mutating func append(repeating byte: UInt8, count extra: Int) {
        reserve(extra)
        unsafe memset(region.base + count, Int32(byte), extra)
        count += extra
    }

    /// Appends zero bytes until `count` is a multiple of `alignment`.
    package mutating func pad(to alignment: Int) {
        let over = count % alignment
        if over != 0 { append(repeating: 0, count: alignment - over) }
    }

    /// Lends at least `needed` unused bytes to `body`, which says how many it filled.
    @unsafe package mutating func appendUnsafe<E: Error>(
        upTo needed: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        reserve(needed)
        let spare = unsafe UnsafeMutableRawBufferPointer(
            start: region.base + count, count: region.capacity - count)
        let filled = try unsafe body(spare)
        precondition(filled >= 0 && filled <= spare.count)
        count += filled
    }

    @inlinable @inline(__always) @unsafe mutating func append(_ buffer: UnsafeRawBufferPointer) {
        guard let source = buffer.baseAddress, buffer.count > 0 else { return }
        reserve(buffer.count)
        unsafe (region.base + count).copyMemory(from: source, byteCount: buffer.count)
        count += buffer.count
    }

    /// Hands what was written over as shared bytes, without a copy.
    package consuming func finish() -> Bytes { Bytes(region, 0..<count) }
}
