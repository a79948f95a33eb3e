// Theory of operation.
//
// An object that is taken whole lies in one piece of memory of its size from the beginning. Memory
// that grows is touched several times over, copies included, and the first touch of fresh memory is
// the true cost of a large object (D96). Readers of parts write side by side into the same piece,
// each where its part belongs, and nothing is joined afterwards.
//
// The size is what a writer has stated, and a false one must not cost memory. Pages that no piece
// was written to are addresses and no more, in private memory as the bridge's large bodies have it,
// with one budget for both. Where that is used up, or the system refuses, memory grows with what
// comes.
internal import BridgeBytes
internal import BridgeSockets

/// Memory for the bytes of a whole object.
enum ObjectMemory {
    /// Up to this size, in bytes, a stated one is believed.
    static let believedSize = 4 << 20
    /// From this size on the memory is kept for the next object.
    private static let keptSize = 64 << 20
    private static let keptTime = Duration.seconds(300)
    /// Most private memory in bytes that large objects and bodies take together.
    private static let budget = min(1 << 30, MemoryLimit.current / 2)

    /// Memory for an object of this size; nil where it has to grow.
    static func region(_ size: UInt64) -> ByteRegion? {
        guard let size = Int(exactly: size) else { return nil }
        guard size > believedSize else { return ByteRegion(capacity: size) }
        return LargeMemory.shared.region(
            size, within: budget, keeping: size < keptSize ? .zero : keptTime)
    }
}

/// Puts pieces where their part of an object belongs.
struct PartCollector {
    private let region: ByteRegion
    private let range: Range<Int>
    /// Bytes that have come; more than the part has room for when the object is damaged.
    private(set) var count = 0

    /// - Parameter range: The places of the part, which nobody else writes to.
    init(_ region: ByteRegion, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= region.capacity)
        (self.region, self.range) = (region, range)
    }

    /// Adds a piece. What the part has no room for is counted and not kept.
    mutating func append(_ piece: Bytes) {
        let room = max(0, range.count - count)
        unsafe piece.withUnsafeBytes { source in
            guard let start = source.baseAddress, room > 0 else { return }
            // Sound: what is copied fits between `count` and the part's end, which lies in the
            // region, and nothing of it has been published.
            unsafe (region.base + range.lowerBound + count).copyMemory(
                from: start, byteCount: min(room, source.count))
        }
        count += piece.count
    }

    /// The part, once nothing more comes; what did not come is not in it.
    func finish() -> Bytes {
        Bytes(region, range.lowerBound..<range.lowerBound + min(count, range.count))
    }
}
