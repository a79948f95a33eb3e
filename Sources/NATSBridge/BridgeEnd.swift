internal import NATSCore
internal import Synchronization

/// Whether a bridge is closed, and those who wait for that.
final class BridgeEnd: Sendable {
    private let over = Atomic(false)
    private let waits = WaitList<Void, Void>()

    var isOver: Bool { over.load(ordering: .acquiring) }

    /// Closes, and wakes whoever waits.
    func come() {
        over.store(true, ordering: .releasing)
        waits.resumeAll(())
    }

    /// Suspends until the bridge is closed or the task is cancelled.
    func wait() async {
        let id = waits.newID()
        // Whoever registers behind `resumeAll` finds the bridge closed: both take the list's lock.
        _ = await waits.wait(for: id) { _ in
            if isOver { waits.resume(id, ()) }
        }
    }
}
