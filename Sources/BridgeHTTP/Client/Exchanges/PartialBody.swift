package import BridgeBytes
internal import Synchronization

/// What came of a body of known length before its connection broke: the final memory with its
/// beginning filled, and the digest so far. A later answer with the rest goes on from there.
package final class PartialBody: Sendable {
    struct Held: Sendable {
        let region: ByteRegion
        let count: Int
        let digest: RunningChecksum?
    }

    private let held = Mutex<Held?>(nil)

    package init() {}

    /// Bytes that are held.
    package var count: Int { held.withLock { $0?.count ?? 0 } }

    /// Length of the whole body; nil while nothing is held.
    package var length: Int? { held.withLock { $0?.region.capacity } }

    /// Forgets what is held: it turned out to belong to something else.
    package func clear() { held.withLock { $0 = nil } }

    /// Holds the beginning of a region whose other bytes nobody has seen.
    package func keep(_ region: ByteRegion, count: Int, digest: RunningChecksum?) {
        keep(Held(region: region, count: count, digest: digest))
    }

    func keep(_ part: Held) { held.withLock { $0 = part } }

    func take() -> Held? { held.withLock { $0.take() } }
}
