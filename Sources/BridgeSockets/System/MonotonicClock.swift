// Both have the time types, and which one counts as theirs depends on the files beside this one.
internal import CLinux
internal import Glibc

/// Time since an arbitrary start that never goes back. Drivers read it and pass it on; machines
/// take it as an argument.
package enum MonotonicClock {
    package static var now: Duration {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
