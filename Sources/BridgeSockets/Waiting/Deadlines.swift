internal import Synchronization

/// Calls back at given times, for all waits of the process.
///
/// ## Theory of operation
/// A task that sleeps for each wait costs an allocation which the runtime keeps until the time has
/// come, also when the wait ended at once. So there is one sleeper: it sleeps until the earliest
/// time that is known, and is replaced only when an earlier one is added. What is taken back is
/// forgotten at once, but for its place in the heap (a time and a number), and the heap is made
/// anew when most of it is such places.
package final class Deadlines: Sendable {
    /// The one that waits use.
    package static let shared = Deadlines()

    private struct Place {
        let time: ContinuousClock.Instant
        let id: UInt64
    }

    private struct State {
        var callbacks: [UInt64: @Sendable () -> Void] = [:]
        /// A binary heap, the earliest time first.
        var heap: [Place] = []
        var lastID: UInt64 = 0
        var sleeper: Task<Void, Never>?
        var wakesAt: ContinuousClock.Instant?
    }

    /// Places in the heap that are not worth looking for the forgotten ones among them.
    private static let smallHeap = 1024

    private let state = Mutex(State())

    package init() {}

    deinit { state.withLock { $0.sleeper?.cancel() } }

    /// Has `callback` called at a time or a little later, on a common thread; it must be quick.
    /// Returns a number to take it back by. Complexity: O(log n).
    package func add(
        at time: ContinuousClock.Instant, _ callback: @escaping @Sendable () -> Void
    ) -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            state.callbacks[state.lastID] = callback
            Self.push(Place(time: time, id: state.lastID), to: &state.heap)
            plan(&state)
            return state.lastID
        }
    }

    /// Takes a callback back: it is not called, unless it is being called now.
    package func remove(_ id: UInt64) {
        // Whatever the callback holds is released without the lock.
        _ = state.withLock { state in
            let callback = state.callbacks.removeValue(forKey: id)
            if state.heap.count > max(Self.smallHeap, 2 * state.callbacks.count) {
                Self.compact(&state)
            }
            return callback
        }
    }

    /// Number of callbacks that wait.
    package var count: Int { state.withLock { $0.callbacks.count } }

    private func plan(_ state: inout State) {
        guard let time = state.heap.first?.time, state.wakesAt.map({ time < $0 }) ?? true else {
            return
        }
        state.sleeper?.cancel()
        state.wakesAt = time
        state.sleeper = Task.detached { [weak self] in
            guard (try? await ContinuousClock().sleep(until: time)) != nil else { return }
            self?.fire()
        }
    }

    private func fire() {
        let now = ContinuousClock.now
        let due = state.withLock { state in
            var due: [@Sendable () -> Void] = []
            while let first = state.heap.first, first.time <= now {
                Self.popFirst(&state.heap)
                if let callback = state.callbacks.removeValue(forKey: first.id) {
                    due.append(callback)
                }
            }
            while let first = state.heap.first, state.callbacks[first.id] == nil {
                Self.popFirst(&state.heap)
            }
            state.wakesAt = nil
            plan(&state)
            return due
        }
        for callback in due { callback() }
    }

    private static func compact(_ state: inout State) {
        // A sorted array is a heap.
        state.heap = state.heap.filter { state.callbacks[$0.id] != nil }
            .sorted { $0.time < $1.time }
    }

    private static func push(_ place: Place, to heap: inout [Place]) {
        heap.append(place)
        var child = heap.count - 1
        while child > 0, heap[child].time < heap[(child - 1) / 2].time {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private static func popFirst(_ heap: inout [Place]) {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].time < heap[least].time {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
