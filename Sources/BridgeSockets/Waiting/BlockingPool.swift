internal import BridgeBytes
internal import CLinux
internal import Glibc
internal import Synchronization

/// A few threads for calls that block: name resolution, opening, syncing and renaming files.
///
/// Such calls must run neither on Swift's cooperative pool, where they would hold up every other
/// task, nor on a reactor, where they would hold up every other connection.
package final class BlockingPool: Sendable {
    /// The pool that the whole process shares.
    package static let shared = BlockingPool(threadLimit: 8)

    private struct State {
        var queue: [@Sendable () -> Void] = []
        var threads = 0
        var idle = 0
    }

    private let state = Mutex(State())
    /// Counts queued pieces of work; idle threads block in reading it (a semaphore).
    private let semaphore: Int32
    private let threadLimit: Int
    private let order = ResumptionOrder()

    package init(threadLimit: Int) {
        precondition(threadLimit > 0, "a pool has at least one thread")
        self.threadLimit = threadLimit
        semaphore = eventfd(0, Int32(EFD_SEMAPHORE | EFD_CLOEXEC))
        precondition(semaphore >= 0, "eventfd: \(Errno.text(Errno.current))")
    }

    /// Queues work for a thread of the pool, in order.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        let needsThread = state.withLock { state -> Bool in
            state.queue.append(work)
            guard state.idle < state.queue.count, state.threads < threadLimit else { return false }
            state.threads += 1
            return true
        }
        eventfd_write(semaphore, 1)
        if needsThread { startThread() }
    }

    /// Runs blocking work and suspends the calling task meanwhile. Not cancelled: the work ends
    /// by itself.
    package func run<R: Sendable>(_ work: @escaping @Sendable () -> R) async -> R {
        let result = await withCheckedContinuation { continuation in
            submit { [self] in
                let result = work()
                order.willResume()
                continuation.resume(returning: result)
            }
        }
        order.didResume()
        return result
    }

    private func startThread() {
        do throws(SocketError) {
            try OSThread.start(name: "bridge-block") { [self] in serve() }
        } catch {
            // No thread to be had: if the pool has none at all, the caller's thread does the work.
            let work = state.withLock { state -> (@Sendable () -> Void)? in
                state.threads -= 1
                return state.threads == 0 && !state.queue.isEmpty ? state.queue.removeFirst() : nil
            }
            work?()
        }
    }

    private func serve() {
        while true {
            state.withLock { $0.idle += 1 }
            var count: eventfd_t = 0
            unsafe eventfd_read(semaphore, &count)
            let work = state.withLock { state -> (@Sendable () -> Void)? in
                state.idle -= 1
                return state.queue.isEmpty ? nil : state.queue.removeFirst()
            }
            work?()
        }
    }
}
