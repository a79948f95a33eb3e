internal import BridgeBytes
internal import BridgeConsole
internal import Glibc

/// What a process has used so far, as the kernel counts it.
struct ResourceUse: Sendable {
    /// Largest resident memory since the program started, in bytes: `VmHWM`, which counts from
    /// `exec` (the `ru_maxrss` of getrusage would show the parent's peak in a new process).
    let peakResidentBytes: Int
    /// Processor time in user and kernel mode.
    let processorTime: Duration

    static func now() -> ResourceUse {
        // Sound: the call fills a local of the size that it expects.
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let user = time(usage.ru_utime)
        return ResourceUse(
            peakResidentBytes: peakResidentBytes(), processorTime: user + time(usage.ru_stime))
    }

    private static func time(_ value: timeval) -> Duration {
        .seconds(value.tv_sec) + .microseconds(value.tv_usec)
    }

    private static func peakResidentBytes() -> Int {
        guard let status = try? FileBytes.contents(of: "/proc/self/status") else { return 0 }
        let text = String(repairing: status)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = Int(line.filter(\.isNumber))
        else { return 0 }
        return kilobytes * 1024
    }
}
