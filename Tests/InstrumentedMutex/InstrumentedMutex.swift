// Part of the programs and the tests only in runs under the thread sanitizer (`make test-threads`).
import Glibc
import Synchronization

/// `Mutex` takes a contended lock inside the Synchronization library, which is not
/// instrumented: the sanitizer does not see who released to whom, and reports every access
/// under a lock that was waited for. This takes the place of that one function of the library,
/// by its symbol, with atomic operations that the sanitizer sees. It spins instead of sleeping,
/// so that nobody ever asks the kernel to wake a waiter.
struct InstrumentedMutexHandle: ~Copyable {
    /// 0, or the number of the thread that holds the lock.
    let word: Atomic<UInt32>

    @_silgen_name("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF")
    borrowing func lockSlow(_ thread: UInt32) {
        while !word.compareExchange(
            expected: 0, desired: thread, ordering: .acquiringAndReleasing
        ).exchanged {
            _ = sched_yield()
        }
    }
}
