/// Who waits to hear of which message, ordered by message.
///
/// Most wait for messages in the order of publishing, so that adding is amortised O(1); taking is
/// O(1) for each that is taken. One who has left is passed over when its turn comes.
struct ReceiptWaiters: Sendable {
    struct Entry: Sendable {
        let number: UInt64
        let waiter: UInt64
    }

    private var entries: [Entry] = []
    private var head = 0
    /// Who has not left.
    private var waiting: Set<UInt64> = []

    /// The last message that somebody waits, or has waited, for.
    var last: UInt64? { waiting.isEmpty ? nil : entries.last?.number }

    mutating func add(_ waiter: UInt64, for number: UInt64) {
        waiting.insert(waiter)
        let entry = Entry(number: number, waiter: waiter)
        if entries.count > head, entries[entries.count - 1].number > number {
            let place = entries[head...].firstIndex { $0.number > number } ?? entries.count
            entries.insert(entry, at: place)
        } else {
            entries.append(entry)
        }
    }

    mutating func remove(_ waiter: UInt64) {
        waiting.remove(waiter)
        if waiting.isEmpty { (entries, head) = ([], 0) }
    }

    /// Takes out who waits for messages up to a number.
    mutating func take(upTo number: UInt64) -> [Entry] {
        guard !waiting.isEmpty else { return [] }
        var taken: [Entry] = []
        while head < entries.count, entries[head].number <= number {
            if waiting.remove(entries[head].waiter) != nil { taken.append(entries[head]) }
            head += 1
        }
        if head * 2 > entries.count {
            entries.removeFirst(head)
            head = 0
        }
        return taken
    }

    /// Takes out who waits for one message. Complexity: O(n).
    mutating func take(exactly number: UInt64) -> [UInt64] {
        guard !waiting.isEmpty else { return [] }
        return entries[head...].filter { $0.number == number }.map(\.waiter).filter {
            waiting.remove($0) != nil
        }
    }
}
