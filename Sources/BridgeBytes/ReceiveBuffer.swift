/// The unread window between a descriptor and a parser.
///
/// ```
/// 0        consumed          filled            capacity
/// |  done  |  unread (span)  |  spare to read  |
/// ```
/// Invariant: `0 <= consumed <= filled <= region.capacity`.
///
/// Parsed pieces leave as `Bytes` that share the region. When the spare room runs out, the
/// unread rest moves to the front, into the same region if nothing shares it and into a new one
/// otherwise: so a byte that somebody can see is never overwritten.
@usableFromInline package struct ReceiveBuffer: ~Copyable, Sendable {
    @usableFromInline var region: ByteRegion
    @usableFromInline var consumed = 0
    @usableFromInline var filled = 0
    private let chunk: Int
    private let limit: Int

    /// - Parameters:
    ///   - chunk: Size of the region that reads go to, in bytes.
    ///   - limit: Most bytes that may wait unread; `reserve` refuses more.
    package init(chunk: Int, limit: Int) {
        precondition(chunk > 0 && limit >= chunk)
        self.chunk = chunk
        self.limit = limit
        region = ByteRegion(capacity: chunk)
    }

    /// Number of unread bytes.
    @inlinable package var count: Int { filled - consumed }

    /// Whether the last `fill` left room: the source had no more to give.
    package var hasSpareRoom: Bool { filled < region.capacity }

    /// The unread bytes.
    @inlinable package var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Sound: `consumed..<filled` is initialised memory of a region that `self` owns.
            let start = unsafe UnsafeRawPointer(region.base + consumed)
                .assumingMemoryBound(to: UInt8.self)
            let span = unsafe Span(_unsafeStart: start, count: filled - consumed)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// A shared view of part of the unread bytes, without a copy.
    @inlinable package func bytes(_ range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return Bytes(region, consumed + range.lowerBound..<consumed + range.upperBound)
    }

    /// Drops the first `count` unread bytes.
    @inlinable package mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        consumed += count
    }

    /// Makes room so that at least `needed` bytes can wait unread in one piece.
    /// Returns false when that is over the limit.
    package mutating func reserve(_ needed: Int) -> Bool {
        guard needed <= limit else { return false }
        if region.capacity - consumed < max(needed, count + 1) { relocate(capacity: needed) }
        return true
    }

    private mutating func relocate(capacity needed: Int) {
        let unread = count
        let capacity = max(chunk, needed, unread + 1)
        if isKnownUniquelyReferenced(&region), region.capacity >= capacity {
            // `memmove`: source and target may overlap.
            unsafe region.base.copyMemory(from: region.base + consumed, byteCount: unread)
        } else {
            let fresh = ByteRegion(capacity: capacity)
            unsafe fresh.base.copyMemory(from: region.base + consumed, byteCount: unread)
            region = fresh
        }
        consumed = 0
        filled = unread
    }

    /// Lends the spare room to `read`, which says how many bytes it put there (nil: none now).
    @unsafe package mutating func fill<R, E: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(E) -> (count: Int, result: R)
    ) throws(E) -> R {
        if consumed == filled, consumed > 0, isKnownUniquelyReferenced(&region) {
            consumed = 0
            filled = 0
        }
        if region.capacity - filled < chunk / 4 || region.capacity == filled {
            relocate(capacity: min(count + chunk, max(limit, count + 1)))
        }
        let spare = unsafe UnsafeMutableRawBufferPointer(
            start: region.base + filled, count: region.capacity - filled)
        let (added, result) = try unsafe read(spare)
        precondition(added >= 0 && added <= spare.count)
        filled += added
        return result
    }

    /// Appends bytes as if they had been read; for tests and for machines fed from memory.
    package mutating func append(_ bytes: Span<UInt8>) {
        _ = reserve(count + bytes.count)
        if region.capacity - filled < bytes.count { relocate(capacity: count + bytes.count) }
        unsafe bytes.withUnsafeBytes {
            if let source = $0.baseAddress {
                unsafe (region.base + filled).copyMemory(from: source, byteCount: $0.count)
            }
        }
        filled += bytes.count
    }
}
