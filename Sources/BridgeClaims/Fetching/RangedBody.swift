internal import BridgeBytes
internal import BridgeHTTP
internal import Synchronization

/// A payload that several requests at a time fill, and what is left of it.
final class RangedBody: Sendable {
    let region: ByteRegion
    /// The strong tag of what is fetched: no byte of anything else goes in.
    let tag: String
    private let plan: Mutex<RangePlan>
    private let tell: (@Sendable (_ done: Int, _ total: Int?) -> Void)?

    init(
        _ region: ByteRegion, tag: String, pieceSize: Int,
        tell: (@Sendable (_ done: Int, _ total: Int?) -> Void)?
    ) {
        (self.region, self.tag, self.tell) = (region, tag, tell)
        plan = Mutex(RangePlan(size: region.capacity, pieceSize: pieceSize))
    }

    var size: Int { region.capacity }
    var held: Int { plan.withLock { $0.held } }
    var isWhole: Bool { plan.withLock { $0.isWhole } }
    var beginning: Int { plan.withLock { $0.beginning } }

    func take() -> Range<Int>? { plan.withLock { $0.take() } }
    func arrived(_ range: Range<Int>) { plan.withLock { $0.arrived(range) } }
    func failed(_ range: Range<Int>) { plan.withLock { $0.failed(range) } }

    func progress(of range: Range<Int>) -> (@Sendable (Int) -> Void)? {
        guard tell != nil else { return nil }
        return { [self] count in
            tell?(plan.withLock { $0.progressed(range, count) }, size)
        }
    }

    /// What has arrived of the whole from its start on. Meant for when nothing is under way.
    func bytes(_ count: Int) -> Bytes { Bytes(region, 0..<count) }
}
