/// Decides which of the messages that a sequence has taken is prepared, which is handed out, and
/// whether more may be read.
///
/// ## Theory of operation
/// Each message gets a number when it arrives. Most are ready at once; those with links are
/// prepared elsewhere, at most `parallel` at a time and begun in the order of arrival:
/// ```
/// arrived ──▶ waiting ── startNext ──▶ preparing ── finished ──▶ ready ── take ──▶ handed out
///    └───────────────────── nothing to prepare ───────────────────▲
///                                     (finished or dropped: a duplicate) ──▶ forgotten
/// ```
/// `startNext` begins another one only when the last one was `admitted`, which means that it has
/// its share of memory. So at most one waits for memory, and only for what messages that arrived
/// before it hold: no two can wait for each other.
///
/// A message that is not ready blocks those behind it until it is *late*: in the order `inOrder`
/// it becomes late when a ready one behind it has waited for `patience`, or when the ready ones
/// that it blocks fill the limits of what may be held. A late one blocks nobody and is handed out
/// as soon as it is ready. In `strict` nothing is ever late, and in `asReady` nothing blocks. Of
/// those that may go, the one that arrived first goes first; in `asReady` the one that was ready
/// first.
///
/// `isFull` says that no more shall be read. It holds from when what is ready, or what is not,
/// has reached its limit, until half of that limit is free again. What blocks is made late before
/// that, so that in `inOrder` only a slow consumer or too many unready messages stop the reading.
package struct ReceiveOrderMachine {
    package struct Limits: Sendable, Hashable {
        package var order = ReceiveOptions.Order.inOrder
        package var patience = Duration.seconds(5)
        package var parallel = 16
        package var heldMessages = ReceiveOptions.heldMessages
        package var heldBytes = ReceiveOptions.heldBytes
        package var unreadyMessages = ReceiveOptions.unreadyMessages
        package var unreadyBytes = ReceiveOptions.unreadyBytes

        /// Longest patience, which is as good as none: a sum of times must not overflow.
        static let longestPatience = Duration.seconds(1_000_000_000)

        package init() {}
    }

    package enum Take: Equatable {
        case handOut(Int)
        /// Nothing may go yet.
        case wait
        /// Everything was handed out, and nothing will come.
        case end
    }

    private struct Ready {
        let id: Int
        let weight: Int
        let since: Duration
    }

    private let limits: Limits
    private var nextID = 0
    /// What is not ready, late ones included.
    private var unready: [Int: Int] = [:]
    private var unreadyBytes = 0
    /// What is not ready and not late, in the order of arrival.
    private var blockers: [Int] = []
    /// What is ready, in the order in which it may go.
    private var ready: [Ready] = []
    private var readyBytes = 0
    /// What waits to be prepared, in the order of arrival.
    private var waiting: [Int] = []
    private var preparing: Set<Int> = []
    private var unadmitted: Int?
    package private(set) var hasEnded = false
    /// Whether no more shall be read.
    package private(set) var isFull = false

    package init(limits: Limits) {
        self.limits = limits
    }

    /// Whether nothing is left to hand out.
    package var isEmpty: Bool { ready.isEmpty && unready.isEmpty }

    /// Messages that are ready and those that are not.
    package var counts: (ready: Int, unready: Int) { (ready.count, unready.count) }

    /// A message, or a mark, that needs no preparation.
    package mutating func arrivedReady(weight: Int, now: Duration) -> Int {
        let id = number()
        addReady(id, weight, now)
        return id
    }

    /// A message that has to be prepared.
    package mutating func arrivedUnready(weight: Int) -> Int {
        let id = number()
        unready[id] = weight
        unreadyBytes += weight
        waiting.append(id)
        if limits.order != .asReady { blockers.append(id) }
        fill()
        return id
    }

    /// The next message whose preparation shall begin; nil when there is none for now.
    package mutating func startNext() -> Int? {
        guard unadmitted == nil, preparing.count < max(1, limits.parallel), !waiting.isEmpty
        else { return nil }
        let id = waiting.removeFirst()
        preparing.insert(id)
        unadmitted = id
        return id
    }

    /// A message that was begun has its share of memory, or will get none.
    package mutating func admitted(_ id: Int) {
        if unadmitted == id { unadmitted = nil }
    }

    /// A message is prepared. Unknown numbers are passed over.
    package mutating func finished(_ id: Int, now: Duration) {
        guard let weight = forget(id) else { return }
        settle()
        addReady(id, weight, now)
    }

    /// A message is prepared, and shall not be handed out.
    package mutating func dropped(_ id: Int) {
        if forget(id) != nil { settle() }
    }

    /// Nothing will arrive any more.
    package mutating func ended() { hasEnded = true }

    /// Somebody wants a message.
    package mutating func take(now: Duration) -> Take {
        passTime(now)
        guard let first = ready.first, !isBlocked(first) else {
            return hasEnded && isEmpty ? .end : .wait
        }
        ready.removeFirst()
        readyBytes -= first.weight
        settle()
        return .handOut(first.id)
    }

    /// When `take` may have another answer though nothing has arrived or become ready.
    package var deadline: Duration? {
        guard limits.order == .inOrder, !blockers.isEmpty else { return nil }
        return ready.lazy.filter(isBlocked).map(\.since).min().map { $0 + patience }
    }
}

extension ReceiveOrderMachine {
    private var patience: Duration { min(max(limits.patience, .zero), Limits.longestPatience) }

    private mutating func number() -> Int {
        defer { nextID += 1 }
        return nextID
    }

    private func isBlocked(_ message: Ready) -> Bool {
        blockers.first.map { $0 < message.id } ?? false
    }

    private mutating func addReady(_ id: Int, _ weight: Int, _ now: Duration) {
        let message = Ready(id: id, weight: weight, since: now)
        readyBytes += weight
        // Nearly always the end: only what was prepared goes in between.
        var place = ready.endIndex
        if limits.order != .asReady {
            while place > 0, ready[place - 1].id > id { place -= 1 }
        }
        ready.insert(message, at: place)
        makeRoom()
        fill()
    }

    /// Takes a message out of those that are not ready; nil for one that is not there.
    private mutating func forget(_ id: Int) -> Int? {
        guard let weight = unready.removeValue(forKey: id) else { return nil }
        unreadyBytes -= weight
        preparing.remove(id)
        admitted(id)
        waiting.removeAll { $0 == id }
        blockers.removeAll { $0 == id }
        return weight
    }

    /// Makes late what has kept a ready message waiting for too long.
    private mutating func passTime(_ now: Duration) {
        guard limits.order == .inOrder, !blockers.isEmpty else { return }
        let expired = ready.last { $0.since + patience <= now }
        guard let expired else { return }
        blockers.removeAll { $0 < expired.id }
    }

    /// Makes late what blocks so much that nothing more could be read.
    private mutating func makeRoom() {
        guard limits.order == .inOrder else { return }
        while let first = blockers.first {
            let held = ready.lazy.filter { $0.id > first }
            guard
                held.count >= limits.heldMessages
                    || held.reduce(0, { $0 + $1.weight }) >= limits.heldBytes
            else { return }
            blockers.removeFirst()
        }
    }

    private mutating func fill() {
        if ready.count >= limits.heldMessages || readyBytes >= limits.heldBytes
            || unready.count >= limits.unreadyMessages || unreadyBytes >= limits.unreadyBytes
        {
            isFull = true
        }
    }

    private mutating func settle() {
        if ready.count <= limits.heldMessages / 2, readyBytes <= limits.heldBytes / 2,
            unready.count <= limits.unreadyMessages / 2,
            unreadyBytes <= limits.unreadyBytes / 2
        {
            isFull = false
        }
    }
}
