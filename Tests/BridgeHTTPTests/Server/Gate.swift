import Dispatch
import Synchronization

/// Holds up threads until it is opened.
final class Gate: Sendable {
    private let isOpen = DispatchSemaphore(value: 0)
    private let count = Atomic(0)

    /// Threads that have come to it.
    var waiting: Int { count.load(ordering: .acquiring) }

    func wait() {
        count.add(1, ordering: .acquiringAndReleasing)
        isOpen.wait()
        isOpen.signal()
    }

    func open() { isOpen.signal() }
}
