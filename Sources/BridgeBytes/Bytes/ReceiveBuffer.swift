/// The unread window between a descriptor and a parser.
///
/// ```
/// 0        consumed          filled            capacity
/// |  done  |  unread (span)  |  spare to read  |
/// ```
/// Invariant: `0 <= consumed <= filled <= region.capacity`.
///
/// Parsed pieces leave as `Bytes` that share the region. When the spare room runs out, the
/// unread rest moves to the front, into the same region if nothing shares it and into another one
/// otherwise: so a byte that somebody can see is never overwritten.
///
/// A frame that is larger than a chunk is read into its final place: `reserve` makes a region of
/// its size, and as long as such frames come (`expect`) the next region has that size from the
/// beginning. No read goes beyond the end of such a frame, so that the next one begins a region of
/// its own and nothing of them is ever moved. Regions that were left are kept, a few of them, and
/// used again when nobody shares them any more: the first touch of fresh memory costs as much as
/// the copy out of the kernel.
@usableFromInline package struct ReceiveBuffer: ~Copyable, Sendable {
    @usableFromInline var region: ByteRegion
    @usableFromInline var consumed = 0
    @usableFromInline var filled = 0
    private let chunk: Int
    private let limit: Int
    /// Regions that were left, perhaps still shared.
    private var left: [ByteRegion] = []
    /// Largest frame since the last region was begun.
    private var largestFrame = 0
    /// Position in the region that reads do not go beyond: the end of a large frame.
    private var readEnd = Int.max

    /// Most regions that are kept for another use.
    private static let leftLimit = 4
    /// Larger regions are not kept, and not chosen before they are asked for.
    package static let expectationLimit = 2 << 20

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
    package var hasSpareRoom: Bool { filled < min(region.capacity, readEnd) }

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
        expect(needed)
        if needed == count + 1, count >= chunk { return reserveOpenEnded(needed) }
        if region.capacity - consumed < max(needed, count + 1) { relocate(capacity: needed) }
        readEnd = needed > max(chunk, count) ? consumed + needed : Int.max
        return true
    }

    /// Makes room for a frame of which nobody knows how long it is, as a line: twice what there is,
    /// so that it is copied and looked at no more often than its length allows.
    private mutating func reserveOpenEnded(_ needed: Int) -> Bool {
        if region.capacity - consumed < needed { relocate(capacity: min(2 * count, limit)) }
        readEnd = Int.max
        return true
    }

    /// Says how large a frame is that came, so that the next one may find a place of its size.
    package mutating func expect(_ size: Int) {
        if size > largestFrame { largestFrame = size }
    }

    /// Size of the region that pieces share at present, in bytes.
    package var regionCapacity: Int { region.capacity }

    private mutating func relocate(capacity needed: Int) {
        let unread = count
        let capacity = max(chunk, needed, unread + 1)
        if isKnownUniquelyReferenced(&region), region.capacity >= capacity {
            // `memmove`: source and target may overlap.
            unsafe region.base.copyMemory(from: region.base + consumed, byteCount: unread)
        } else {
            let fresh = anotherRegion(capacity: capacity)
            unsafe fresh.base.copyMemory(from: region.base + consumed, byteCount: unread)
            if region.capacity <= Self.expectationLimit {
                if left.count == Self.leftLimit { left.removeFirst() }
                left.append(region)
            }
            region = fresh
        }
        consumed = 0
        filled = unread
    }

    /// Everything was consumed: begins anew at the front if nobody shares the region, and finds
    /// room for a large frame if the last ones were.
    private mutating func beginAnew() {
        let expected = min(largestFrame, Self.expectationLimit)
        largestFrame = 0
        if isKnownUniquelyReferenced(&region) {
            consumed = 0
            filled = 0
        }
        guard expected > chunk else { return }
        if region.capacity - filled < expected { relocate(capacity: expected) }
        readEnd = filled + expected
    }

    /// One that was left and that nobody shares any more, or a new one.
    private mutating func anotherRegion(capacity: Int) -> ByteRegion {
        for index in left.indices where left[index].capacity >= capacity {
            if isKnownUniquelyReferenced(&left[index]) { return left.remove(at: index) }
        }
        return ByteRegion(capacity: capacity)
    }

    /// Lends the spare room to `read`, which says how many bytes it put there (nil: none now).
    @unsafe package mutating func fill<R, E: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(E) -> (count: Int, result: R)
    ) throws(E) -> R {
        if readEnd <= filled { readEnd = Int.max }
        if consumed == filled, consumed > 0 { beginAnew() }
        if readEnd == Int.max, region.capacity - filled < max(1, chunk / 4) {
            relocate(capacity: min(count + chunk, max(limit, count + 1)))
        }
        let spare = unsafe UnsafeMutableRawBufferPointer(
            start: region.base + filled, count: min(region.capacity, readEnd) - filled)
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
