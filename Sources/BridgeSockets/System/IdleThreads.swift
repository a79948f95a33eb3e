internal import Glibc
internal import Synchronization

/// Threads that have done their work, and wait a moment for more.
///
/// ## Theory of operation
/// What a thread gathers costs more than the thread: the random generators that OpenSSL makes and
/// seeds for each one, the allocator's caches. Who makes one client after another has them all work
/// on the same thread so.
///
/// A thread that is done lies on a stack until somebody gives it work or its patience is over; at
/// most `limit` lie there. Taking it off the stack, under the lock, decides: whoever gives work has
/// taken it off and wakes it, and the thread whose patience is over takes itself off. A thread that
/// finds itself taken off is about to be woken, and waits for that.
final class IdleThreads: Sendable {
    /// Those of the process.
    static let shared = IdleThreads()
    /// Most threads that wait.
    static let limit = 4
    /// How long one waits, in whole seconds.
    private static let patience = 1

    /// A thread that waits.
    ///
    /// Sound: the semaphore is made in `init` and freed in `deinit`, at one address; the system's
    /// calls may use it from any thread meanwhile. `work` has its own lock.
    @safe private final class Sleeper: @unchecked Sendable {
        private let semaphore: UnsafeMutablePointer<sem_t>
        private let work = Mutex<OSThread.Work?>(nil)

        init() {
            unsafe semaphore = .allocate(capacity: 1)
            unsafe sem_init(semaphore, 0, 0)
        }

        deinit {
            unsafe sem_destroy(semaphore)
            unsafe semaphore.deallocate()
        }

        func wake(for next: OSThread.Work) {
            work.withLock { $0 = next }
            unsafe sem_post(semaphore)
        }

        /// Whether it was woken before the time was over; a clock that is set meanwhile only
        /// changes how long that is.
        func sleep(seconds: Int) -> Bool {
            var end = timespec()
            unsafe clock_gettime(CLOCK_REALTIME, &end)
            end.tv_sec += seconds
            while true {
                if unsafe sem_timedwait(semaphore, &end) == 0 { return true }
                guard Errno.current == EINTR else { return false }
            }
        }

        func sleep() { while unsafe sem_wait(semaphore) != 0 {} }

        func takeWork() -> OSThread.Work? { work.withLock { $0.take() } }
    }

    private let sleepers = Mutex<[Sleeper]>([])

    /// Has a thread that waits do this. Returns false when none waits.
    func give(_ work: OSThread.Work) -> Bool {
        guard let sleeper = sleepers.withLock({ $0.popLast() }) else { return false }
        sleeper.wake(for: work)
        return true
    }

    /// Has the calling thread wait for work. Returns nil when it is to end.
    func wait() -> OSThread.Work? {
        let sleeper = Sleeper()
        let hasPlace = sleepers.withLock { sleepers in
            guard sleepers.count < Self.limit else { return false }
            sleepers.append(sleeper)
            return true
        }
        guard hasPlace else { return nil }
        if !sleeper.sleep(seconds: Self.patience) {
            let isMine = sleepers.withLock { sleepers in
                guard let index = sleepers.firstIndex(where: { $0 === sleeper }) else {
                    return false
                }
                sleepers.remove(at: index)
                return true
            }
            if isMine { return nil }
            sleeper.sleep()
        }
        return sleeper.takeWork()
    }
}
