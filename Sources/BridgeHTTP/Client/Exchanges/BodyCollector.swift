internal import BridgeBytes
internal import BridgeSockets

/// The place that a whole body is put into.
///
/// A body of known length gets its final memory at once and is read straight into it; one of
/// unknown length grows a writer. Either way a byte over the limit is refused before it is kept,
/// and the digest is taken while the bytes are still in the cache.
struct BodyCollector: ~Copyable {
    /// Most bytes of one read: what the cache of a core still holds when the digest is taken.
    static let readSize = 1 << 20

    /// The final memory of a body of known length; nil for one of unknown length.
    private let region: ByteRegion?
    private let length: Int
    /// Where the body begins in the region: elsewhere than at its start for a part of a whole.
    private let offset: Int
    private var writer: ByteWriter
    private(set) var count = 0
    private let limit: Int
    private var digest: RunningChecksum?
    /// The pages of the body's bytes before this one were got ready.
    private var prepared = 0
    /// Asked before a body of unknown length grows.
    private let admit: (@Sendable (Int) -> HTTPError.Reason?)?

    /// Where the beginning goes if the rest does not come.
    private let partial: PartialBody?

    /// - Parameters:
    ///   - length: Nil when unknown, else at most `limit`; the caller has checked it.
    ///   - place: Where the body goes if its length is the place's.
    ///   - admit: Asked before a body of unknown length grows; for one of known length the caller
    ///     has asked.
    init(
        length: Int?, limit: Int, digesting algorithm: ChecksumAlgorithm?,
        partial: PartialBody? = nil, place: BodyPlace? = nil,
        admit: (@Sendable (Int) -> HTTPError.Reason?)? = nil
    ) {
        precondition(length.map { $0 >= 0 && $0 <= limit } ?? true, "longer than the limit")
        self.length = length ?? 0
        self.limit = limit
        self.partial = partial
        self.admit = length == nil ? admit : nil
        let place = place.flatMap { $0.range.count == length ? $0 : nil }
        region = length.map { length in place?.region ?? ByteRegion(capacity: length) }
        offset = place?.range.lowerBound ?? 0
        writer = ByteWriter(capacity: length == nil ? min(limit, 64 << 10) : 0)
        digest = algorithm.map { RunningChecksum($0) }
    }

    /// Goes on where an earlier answer broke off.
    /// - Parameter rest: Length of this answer; nil when the two do not make the whole.
    init?(resuming partial: PartialBody, rest: Int?) {
        guard let held = partial.take(), let rest, held.region.capacity - held.count == rest else {
            return nil
        }
        region = held.region
        length = held.region.capacity
        offset = 0
        limit = length
        count = held.count
        digest = held.digest
        writer = ByteWriter(capacity: 0)
        admit = nil
        self.partial = partial
    }

    /// Keeps the beginning for a later answer, where that is possible.
    consuming func breakOff() {
        guard let partial, let region, count > 0 else { return }
        partial.keep(PartialBody.Held(region: region, count: count, digest: digest))
    }

    /// Bytes of a body of known length that are still to come; 0 for one of unknown length.
    var remaining: Int { region == nil ? 0 : length - count }

    /// Adds bytes that were read elsewhere. Returns why they cannot be taken, or nil.
    mutating func append(_ bytes: Bytes) -> HTTPError.Reason? {
        guard bytes.count <= (region == nil ? limit : length) - count else { return .bodyTooLarge }
        if let refusal = admit?(count + bytes.count) { return refusal }
        digest?.update(bytes.span)
        if let region {
            unsafe bytes.withUnsafeBytes {
                if let source = $0.baseAddress {
                    // Sound: `count + bytes.count <= length`, which fits the region from `offset`
                    // on, and what lies above `count` has not been published.
                    unsafe (region.base + offset + count).copyMemory(
                        from: source, byteCount: $0.count)
                }
            }
        } else {
            writer.append(bytes)
        }
        count += bytes.count
        return nil
    }

    /// Reads once, straight into the final memory of a body of known length. Returns what was
    /// read beside what the call came to.
    mutating func read(from link: Link) -> (Transfer, Bytes) {
        guard let region, remaining > 0 else { return (.wouldBlock, Bytes()) }
        if prepared < min(length, count + Self.readSize / 4) {
            let end = min(length, count + Self.readSize)
            region.prepare(offset + max(prepared, count)..<offset + end)
            prepared = end
        }
        // Sound: the memory is `remaining` bytes from `count` on, inside the region, and none of
        // it has been published.
        let spare = unsafe UnsafeMutableRawBufferPointer(
            start: region.base + offset + count, count: min(remaining, Self.readSize))
        let transfer = unsafe link.read(into: spare)
        guard case .moved(let moved) = transfer else { return (transfer, Bytes()) }
        let bytes = Bytes(region, offset + count..<offset + count + moved)
        digest?.update(bytes.span)
        count += moved
        return (transfer, bytes)
    }

    /// The whole body.
    consuming func finish() -> Exchange.Collected {
        let checksum = digest?.finalize()
        guard let region else {
            return Exchange.Collected(bytes: writer.finish(), checksum: checksum)
        }
        return Exchange.Collected(
            bytes: Bytes(region, offset..<offset + count), checksum: checksum)
    }
}
