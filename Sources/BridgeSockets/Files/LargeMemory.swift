package import BridgeBytes
internal import Synchronization

/// Private memory for large bodies, in huge pages, up to a budget; the pages of the last one are
/// kept for the next.
///
/// ## Theory of operation
/// The first touch of fresh memory is the true cost of a large body, and on a virtual machine that
/// gives free memory back to its host it costs more than everything else together. So when nobody
/// holds the bytes of a body any longer, its pages come here in place of going to the system.
///
/// ```
///           region(_:within:keeping:)              the last `Bytes` is gone
/// system ──────────────────────────────▶ lent ─────────────────────────────▶ kept ──┐
///    ▲                                    ▲                                   │ │    │ a larger
///    │                                    └───────── one of like size ────────┘ │    │ one comes
///    └────────────────────── idle for the time that it was to be kept ──────────┴────┘
/// ```
/// One piece of memory is kept in a process, and the system may take its pages away whenever it is
/// short of memory (`HugePages.offer`). That no two bodies have the same pages follows from
/// ownership: `HugePages` is not copyable, and is here or in one region.
package final class LargeMemory: Sendable {
    /// The one that the whole process shares.
    package static let shared = LargeMemory()

    private struct State: ~Copyable {
        private var kept: HugePages?
        /// What is kept, in bytes; 0: nothing. A number of its own, since a chain through an
        /// optional that cannot be copied reads behind what is nil (Swift 6.3, not optimised).
        private(set) var keptBytes = 0
        /// When what is kept goes back to the system.
        var end = ContinuousClock.now
        /// Whether a callback will look at `end`.
        var isTimed = false
        /// Bytes in the hands of regions.
        var lentBytes = 0

        mutating func take() -> HugePages? {
            keptBytes = 0
            return kept.take()
        }

        /// Keeps these and hands back what was kept.
        mutating func exchange(_ pages: inout HugePages?, size: Int) {
            swap(&kept, &pages)
            keptBytes = size
        }
    }

    private let state = Mutex(State())
    private let deadlines: Deadlines

    /// - Parameter deadlines: What calls back when memory was idle for long enough.
    package init(deadlines: Deadlines = .shared) { self.deadlines = deadlines }

    /// Bytes that regions have now.
    package var lentBytes: Int { state.withLock { $0.lentBytes } }

    /// Bytes that wait for the next body.
    package var keptBytes: Int { state.withLock { $0.keptBytes } }

    /// A region of exactly `count` bytes; nil when all regions and this one would be more than
    /// `budget`, and when the system has no memory.
    /// - Parameter time: How long its pages are kept afterwards; not at all for none or less.
    package func region(
        _ count: Int, within budget: Int, keeping time: Duration
    ) -> ByteRegion? {
        guard let size = HugePages.size(for: count) else { return nil }
        var kept: HugePages?
        var surplus: HugePages?
        let isGranted = state.withLock { state -> Bool in
            guard size <= budget, state.lentBytes <= budget - size else { return false }
            let spare = state.keptBytes
            if Self.suits(spare, size), state.lentBytes <= budget - spare {
                kept = state.take()
                state.lentBytes += spare
                return true
            }
            // The budget is for what is kept, too.
            if spare > budget - size - state.lentBytes { surplus = state.take() }
            state.lentBytes += size
            return true
        }
        guard isGranted else { return nil }
        // Before new memory is asked for, and without the lock: this takes milliseconds.
        _ = surplus.take()
        guard let pages = kept.take() ?? HugePages(atLeast: count) else {
            state.withLock { $0.lentBytes -= size }
            return nil
        }
        return ByteRegion(pages, capacity: count) { [self] in keep($0, for: time) }
    }

    /// Gives what is kept back to the system.
    package func release() {
        let kept = state.withLock { $0.take() }
        _ = consume kept
    }

    /// A small body does not get the pages of one more than twice as large.
    private static func suits(_ spare: Int, _ size: Int) -> Bool {
        spare >= size && spare / 2 <= size
    }

    private func keep(_ pages: consuming HugePages, for time: Duration) {
        let size = pages.size
        if time > .zero { pages.offer() }
        // What is left in here at the end goes to the system.
        var pages: HugePages? = consume pages
        let end = ContinuousClock.now + time
        let isFirst = state.withLock { state -> Bool in
            state.lentBytes -= size
            guard time > .zero, size >= state.keptBytes else { return false }
            state.exchange(&pages, size: size)
            state.end = end
            defer { state.isTimed = true }
            return !state.isTimed
        }
        if isFirst { watch(until: end) }
    }

    private func watch(until end: ContinuousClock.Instant) {
        _ = deadlines.add(at: end) { [weak self] in self?.timePassed() }
    }

    private func timePassed() {
        var old: HugePages?
        let next = state.withLock { state -> ContinuousClock.Instant? in
            if state.keptBytes > 0, state.end > .now { return state.end }
            old = state.take()
            state.isTimed = false
            return nil
        }
        _ = consume old
        if let next { watch(until: next) }
    }
}

extension LargeMemory: Hashable {
    package static func == (left: LargeMemory, right: LargeMemory) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
