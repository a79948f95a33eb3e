internal import Synchronization

/// Tasks that wait for something in the order in which they came. It is held under its owner's
/// lock; whoever is taken out of it is woken after the lock is given back.
struct WaitingLine: Sendable {
    /// One that waits.
    struct Entry: Sendable {
        let id: Int
        private let continuation: CheckedContinuation<Bool, Never>

        init(id: Int, continuation: CheckedContinuation<Bool, Never>) {
            self.id = id
            self.continuation = continuation
        }

        /// Ends the wait; false says that it was in vain.
        func wake(_ isServed: Bool) { continuation.resume(returning: isServed) }
    }

    enum Arrival {
        /// There is nothing to wait for.
        case over(Bool)
        case waiting
    }

    private var entries: [Entry] = []
    private var head = 0

    var isEmpty: Bool { head == entries.count }

    mutating func append(_ entry: Entry) { entries.append(entry) }

    mutating func popFirst() -> Entry? {
        guard head < entries.count else { return nil }
        defer {
            head += 1
            if head == entries.count || head > 64 && head * 2 > entries.count {
                entries.removeFirst(head)
                head = 0
            }
        }
        return entries[head]
    }

    mutating func remove(_ id: Int) -> Entry? {
        guard let index = entries[head...].firstIndex(where: { $0.id == id }) else { return nil }
        return entries.remove(at: index)
    }

    mutating func takeAll() -> [Entry] {
        defer { (entries, head) = ([], 0) }
        return Array(entries[head...])
    }

    private static let lastID = Atomic(0)

    /// Waits in a line.
    /// - Parameters:
    ///   - arrive: Takes the lock, and either says that there is nothing to wait for or appends the
    ///     entry.
    ///   - leave: Takes the lock, and takes the entry of that number out if it is there.
    /// - Returns: What the entry was woken with; false when the task was cancelled.
    static func wait(
        _ arrive: (Entry) -> Arrival, leave: @escaping @Sendable (Int) -> Entry?
    ) async -> Bool {
        let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let entry = Entry(id: id, continuation: continuation)
                switch arrive(entry) {
                case .over(let isServed): entry.wake(isServed)
                // Cancelled before it stood in the line: nobody else will take it out.
                case .waiting: if Task.isCancelled { leave(id)?.wake(false) }
                }
            }
        } onCancel: {
            leave(id)?.wake(false)
        }
    }
}
