import CLinux
import Foundation
import Synchronization

/// A loop such as a user has: a thread that waits with poll(2) until a descriptor is readable, and
/// then gives it a turn.
package final class PollingThread: Sendable {
    private let wakeUp: Int32
    private let ended = DispatchSemaphore(value: 0)
    private let isStopped = Atomic(false)

    /// Starts the thread. It keeps what `turn` holds until `stop()` has returned.
    package init(
        name: String = "user-loop", _ descriptor: Int32, turn: @escaping @Sendable () -> Void
    )
        throws
    {
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw FixtureError("eventfd: errno \(errno)") }
        let thread = Thread { [self] in
            while !isStopped.load(ordering: .acquiring) {
                Readiness.wait(for: [descriptor, wakeUp], milliseconds: -1)
                turn()
            }
            ended.signal()
        }
        thread.name = name
        thread.start()
    }

    deinit { close(wakeUp) }

    /// Ends the thread, and waits until it gives no turn any more.
    package func stop() async {
        isStopped.store(true, ordering: .releasing)
        eventfd_write(wakeUp, 1)
        await onThread { [ended] in ended.wait() }
    }
}

/// What poll(2) says of descriptors.
package enum Readiness {
    /// Waits until one of them is readable.
    /// - Parameter milliseconds: Longest wait; -1: no limit.
    /// - Returns: Whether one is.
    @discardableResult
    package static func wait(for descriptors: [Int32], milliseconds: Int32) -> Bool {
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // Sound: the array is as long as the length that is passed.
        return unsafe poll(&entries, nfds_t(entries.count), milliseconds) > 0
    }

    /// Whether a descriptor is readable now.
    package static func isReadable(_ descriptor: Int32) -> Bool {
        wait(for: [descriptor], milliseconds: 0)
    }
}
