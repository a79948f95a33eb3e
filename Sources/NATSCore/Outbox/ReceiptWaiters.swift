internal import BridgeBytes

/// Who waits to hear of which message, ordered by message.
///
/// Most wait for messages in the order of publishing, so that adding is amortised O(1); taking is
/// O(1) for each that is taken. One who has left is passed over when its turn comes.
struct ReceiptWaiters: Sendable {
    struct Entry: Sendable {
        let number: UInt64
        let waiter: UInt64
    }

    private var entries = Fifo<Entry>()
    /// Who has not left.
    private var waiting: Set<UInt64> = []

    /// The last message that somebody waits, or has waited, for.
    var last: UInt64? { waiting.isEmpty ? nil : entries.last?.number }

    mutating func add(_ waiter: UInt64, for number: UInt64) {
        waiting.insert(waiter)
        let entry = Entry(number: number, waiter: waiter)
        if let last = entries.last, last.number > number {
            entries.insert(entry, at: entries.waiting.prefix { $0.number <= number }.count)
        } else {
            entries.append(entry)
        }
    }

    mutating func remove(_ waiter: UInt64) {
        waiting.remove(waiter)
        if waiting.isEmpty { entries.removeAll() }
    }

    /// Takes out those who wait for messages up to a number.
    mutating func take(upTo number: UInt64) -> [Entry] {
        guard !waiting.isEmpty else { return [] }
        var taken: [Entry] = []
        while let entry = entries.first, entry.number <= number {
            if waiting.remove(entry.waiter) != nil { taken.append(entry) }
            entries.dropFirst()
        }
        return taken
    }

    /// Takes out those who wait for one message. Complexity: O(n).
    mutating func take(exactly number: UInt64) -> [UInt64] {
        guard !waiting.isEmpty else { return [] }
        return entries.waiting.filter { $0.number == number }.map(\.waiter).filter {
            waiting.remove($0) != nil
        }
    }
}
