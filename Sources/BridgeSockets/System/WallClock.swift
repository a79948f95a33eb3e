package import BridgeBytes
// Both have the time types, and which one counts as theirs depends on the files beside this one.
internal import CLinux
internal import Glibc

/// The time of day, which may jump. For what people and peers are told; never for waits.
package enum WallClock {
    package static var now: Timestamp {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }
}
