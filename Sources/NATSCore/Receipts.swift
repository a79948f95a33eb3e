internal import Synchronization

/// The receipts of a client: what is known about each message, and who waits to know.
final class Receipts: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<PublishOutcome?, Never>
    }

    private struct State {
        var ledger = ReceiptLedger()
        var waiters: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 1
    }

    private let state = Mutex(State())

    /// Tells the ledger something, and whoever waited for it.
    func update(_ change: (inout ReceiptLedger) -> Void) {
        let settled = state.withLock { state -> [(Waiter, PublishOutcome)] in
            let before = state.ledger.settled
            change(&state.ledger)
            guard !state.waiters.isEmpty, state.ledger.settled > before else { return [] }
            var settled: [(Waiter, PublishOutcome)] = []
            for (id, waiter) in state.waiters {
                guard let outcome = state.ledger.outcome(of: waiter.number) else { continue }
                settled.append((waiter, outcome))
                state.waiters[id] = nil
            }
            return settled
        }
        for (waiter, outcome) in settled { waiter.continuation.resume(returning: outcome) }
    }

    /// What is known now.
    func outcome(of number: UInt64) -> PublishOutcome? {
        state.withLock { $0.ledger.outcome(of: number) }
    }

    /// The latest message that somebody waits for; nil when nobody waits.
    var awaited: UInt64? {
        state.withLock { state in state.waiters.values.lazy.map(\.number).max() }
    }

    /// Waits until the message is settled; nil when the task was cancelled.
    /// - Parameter start: Runs once the waiter is registered.
    func wait(
        for number: UInt64, isolation: isolated (any Actor)? = #isolation, start: () -> Void
    ) async -> PublishOutcome? {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        return await withTaskCancellationHandler {
            _ = isolation
            return await withCheckedContinuation { continuation in
                let waiter = Waiter(number: number, continuation: continuation)
                let known = state.withLock { state -> PublishOutcome? in
                    if let outcome = state.ledger.outcome(of: number) { return outcome }
                    state.waiters[id] = waiter
                    return nil
                }
                if let known { return continuation.resume(returning: known) }
                // The handler below may have run before there was a waiter.
                if Task.isCancelled { giveUp(id) } else { start() }
            }
        } onCancel: {
            giveUp(id)
        }
    }

    private func giveUp(_ id: UInt64) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.continuation.resume(returning: nil)
    }
}
