/// Whose memory comes next, where all of it together has a bound.
///
/// ## Theory of operation
/// ```
/// asked ──▶ larger than the whole budget ──▶ tooLarge
///       ──▶ it fits and nobody waits ──▶ granted
///       ──▶ it must not wait ──▶ refused
///       ──▶ queued, in order of arrival ──▶ granted  when what is before it has its memory, and
///                                         │          enough was given back
///                                         └▶ left    at its deadline, or cancelled
/// ```
/// Only the first of the queue is looked at: a small request does not overtake a large one, which
/// would otherwise starve. Whoever leaves the queue may uncover one that fits. Growth of what is
/// held passes the queue by, and is granted at once or not at all: a holder never waits, so that
/// two of them never wait for each other, and what is granted comes back in the end.
///
/// Invariant: `0 <= reserved <= capacity`, and the first of the queue does not fit.
package struct BudgetMachine: Sendable {
    /// A request that waits.
    private struct Waiter: Sendable {
        let id: Int
        let bytes: Int
    }

    /// What comes of a request.
    package enum Answer: Equatable, Sendable { case granted, queued, refused, tooLarge }

    package let capacity: Int
    package private(set) var reserved = 0
    private var waiters: [Waiter] = []

    /// - Parameter capacity: In bytes; a negative one counts as none.
    package init(capacity: Int) { self.capacity = max(0, capacity) }

    package var available: Int { capacity - reserved }

    /// How many wait.
    package var waiting: Int { waiters.count }

    /// A request comes in.
    /// - Parameter bytes: Not negative.
    package mutating func asked(_ bytes: Int, by id: Int, mayWait: Bool) -> Answer {
        if bytes > capacity { return .tooLarge }
        if bytes <= available, waiters.isEmpty || bytes == 0 {
            reserved += bytes
            return .granted
        }
        guard mayWait else { return .refused }
        waiters.append(Waiter(id: id, bytes: bytes))
        return .queued
    }

    /// What is held grows, if there is room.
    package mutating func grew(by bytes: Int) -> Bool {
        guard bytes <= available else { return false }
        reserved += bytes
        return true
    }

    /// Memory comes back. Returns those who have theirs now, in order.
    package mutating func released(_ bytes: Int) -> [Int] {
        precondition(bytes >= 0 && bytes <= reserved, "only what is held comes back")
        reserved -= bytes
        return grant()
    }

    /// A waiter gives up. Returns those who have theirs now, in order; nil when it does not wait
    /// (any more).
    package mutating func left(_ id: Int) -> [Int]? {
        guard let place = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        waiters.remove(at: place)
        return grant()
    }

    private mutating func grant() -> [Int] {
        var count = 0
        while count < waiters.count, waiters[count].bytes <= available {
            reserved += waiters[count].bytes
            count += 1
        }
        defer { waiters.removeFirst(count) }
        return waiters[..<count].map(\.id)
    }
}
