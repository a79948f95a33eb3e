internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// What was just uploaded, in memory, up to a budget.
///
/// ## Theory of operation
/// ```
///            an upload comes into memory          answered           on the disk
/// region(_:) ─────────────────────────── add(…) ──▶ owed ──────────▶ written ──▶ gone
///                                          └─────── (durable) ──────────▲          ▲
///                        replaced, deleted, expired, or the oldest when others come
/// ```
/// What is written may go whenever another upload wants its memory, the one that was used least
/// lately first. What is owed to the disk stays until it is there: it is nowhere else. A place is
/// that of one generation of an object, so that nobody gets the bytes of another one.
final class MemoryTier: Sendable {
    /// Smaller uploads are left to the page cache, in bytes: 1 MiB. Memory is taken by pages of
    /// 2 MiB.
    static let smallest = 1 << 20
    /// How long the memory of what has gone is kept for the next.
    private static let keptTime = Duration.seconds(300)

    private struct Name: Hashable {
        let key: ObjectKey
        let generation: String
    }

    private struct Place {
        let body: Bytes
        /// What it takes of memory, in bytes.
        let size: Int
        /// Whether the disk does not have it yet.
        var isOwed: Bool
        var lastUse: UInt64
    }

    private struct State {
        var places: [Name: Place] = [:]
        var uses: UInt64 = 0
        /// Memory of what is written, in bytes.
        var written = 0
        /// Bytes that the disk does not have.
        var owed = 0
    }

    private let budget: Int
    private let memory = LargeMemory()
    private let state = Mutex(State())

    /// - Parameter budget: Most bytes of everything together.
    init(budget: Int) { self.budget = budget }

    /// Bytes that uploads and objects have now, and those of them that the disk does not have.
    var held: (bytes: Int, owed: Int) {
        let owed = state.withLock { $0.owed }
        return (memory.lentBytes, owed)
    }

    /// Memory for an upload; nil for a small one, and where there is no room.
    func region(_ size: Int) -> UploadMemory? {
        guard size >= Self.smallest, let room = HugePages.size(for: size), room <= budget else {
            return nil
        }
        while true {
            if let region = memory.region(size, within: budget, keeping: Self.keptTime) {
                return UploadMemory(region)
            }
            // Nothing goes for an upload that would find no room all the same.
            guard memory.lentBytes - state.withLock({ $0.written }) <= budget - room,
                dropOldest()
            else { return nil }
        }
    }

    private func dropOldest() -> Bool {
        let place = state.withLock { state -> Place? in
            let oldest = state.places.filter { !$0.value.isOwed }
                .min { $0.value.lastUse < $1.value.lastUse }
            return oldest.flatMap { Self.remove($0.key, from: &state) }
        }
        return place != nil
    }

    /// - Parameter isOwed: Whether the disk does not have it yet.
    func add(_ key: ObjectKey, _ generation: String, _ upload: UploadMemory, isOwed: Bool) {
        guard let body = upload.bytes(0..<upload.size) else { return }
        let size = upload.memorySize
        state.withLock { state in
            state.uses += 1
            state.places[Name(key: key, generation: generation)] = Place(
                body: body, size: size, isOwed: isOwed, lastUse: state.uses)
            if isOwed { state.owed += body.count } else { state.written += size }
        }
    }

    /// The data of an object; nil where it is not here.
    func body(_ key: ObjectKey, _ generation: String) -> Bytes? {
        let name = Name(key: key, generation: generation)
        return state.withLock { state in
            guard let place = state.places[name] else { return nil }
            state.uses += 1
            state.places[name]?.lastUse = state.uses
            return place.body
        }
    }

    /// What is owed to the disk of an object; nil: nothing, or nothing any more.
    func debt(_ key: ObjectKey, _ generation: String) -> Bytes? {
        state.withLock { state in
            let place = state.places[Name(key: key, generation: generation)]
            return place.flatMap { $0.isOwed ? $0.body : nil }
        }
    }

    /// All that is owed.
    var debtors: [(key: ObjectKey, generation: String)] {
        state.withLock { state in
            state.places.filter(\.value.isOwed).keys.map { ($0.key, $0.generation) }
        }
    }

    /// The disk has it.
    func paid(_ key: ObjectKey, _ generation: String) {
        let name = Name(key: key, generation: generation)
        state.withLock { state in
            guard let place = state.places[name], place.isOwed else { return }
            state.places[name]?.isOwed = false
            state.owed -= place.body.count
            state.written += place.size
        }
    }

    /// It is no object any more: what is owed of it need not be paid.
    func remove(_ key: ObjectKey, _ generation: String) {
        // Let go of without the lock: unmapping takes milliseconds.
        let place = state.withLock {
            Self.remove(Name(key: key, generation: generation), from: &$0)
        }
        _ = place
    }

    private static func remove(_ name: Name, from state: inout State) -> Place? {
        guard let place = state.places.removeValue(forKey: name) else { return nil }
        if place.isOwed { state.owed -= place.body.count } else { state.written -= place.size }
        return place
    }
}

/// The memory that an upload comes into. The connection writes at the end of what has come, and
/// whoever reads gets what lies before it.
final class UploadMemory: Sendable {
    /// Nil when it was let go of.
    private let region: Mutex<ByteRegion?>
    private let count = Atomic(0)
    /// What it takes of memory, in bytes.
    let memorySize: Int

    init(_ region: ByteRegion) {
        memorySize = region.memorySize
        self.region = Mutex(region)
    }

    /// Gives the memory back as soon as nobody reads or writes it. Nothing can be added then.
    func letGo() {
        // Freed without the lock.
        let gone = region.withLock { $0.take() }
        _ = gone
    }

    /// Bytes that have come.
    var size: Int { count.load(ordering: .acquiring) }

    /// Adds bytes at the end. One at a time.
    /// - Returns: False where they are more than there is room for.
    func append(_ span: Span<UInt8>) -> Bool {
        let end = size
        guard let region = region.withLock({ $0 }), span.count <= region.capacity - end
        else { return false }
        unsafe span.withUnsafeBytes {
            if let source = $0.baseAddress {
                // Sound: it fits behind `end`, and what lies there has not been published.
                unsafe (region.base + end).copyMemory(from: source, byteCount: $0.count)
            }
        }
        count.store(end + span.count, ordering: .releasing)
        return true
    }

    /// Reads once, to the end of what is there. One at a time.
    /// - Returns: Nil where there is no room.
    func read(from link: Link, atMost most: Int) -> DirectRead? {
        let end = size
        guard let region = region.withLock({ $0 }) else { return nil }
        let room = min(most, region.capacity - end)
        guard room > 0 else { return nil }
        // Sound: the memory is inside the region, behind `end`, and has not been published.
        let spare = unsafe UnsafeMutableRawBufferPointer(start: region.base + end, count: room)
        let transfer = unsafe link.read(into: spare)
        guard case .moved(let moved) = transfer else {
            return DirectRead(transfer: transfer, bytes: Bytes(), hasSpareRoom: true)
        }
        count.store(end + moved, ordering: .releasing)
        return DirectRead(
            transfer: transfer, bytes: Bytes(region, end..<end + moved),
            hasSpareRoom: moved < room)
    }

    /// A part of what has come; nil when the memory was let go of.
    func bytes(_ range: Range<Int>) -> Bytes? {
        precondition(range.upperBound <= size, "it has not come")
        return region.withLock { $0 }.map { Bytes($0, range) }
    }
}
