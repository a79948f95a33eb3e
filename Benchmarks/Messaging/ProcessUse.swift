internal import Glibc

/// The process's own measurements.
package struct ProcessUse {
    package static var now: Double {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// CPU seconds of the process so far, in user and in kernel mode.
    package static var cpu: (user: Double, system: Double) {
        var usage = rusage()
        unsafe _ = getrusage(0, &usage)
        return (seconds(usage.ru_utime), seconds(usage.ru_stime))
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
    }

    /// Page faults of the process so far that read nothing from a disk.
    package static var faults: Int {
        var usage = rusage()
        unsafe _ = getrusage(0, &usage)
        return usage.ru_minflt
    }

    /// Largest resident size so far, in KiB.
    package static var peakResident: Int {
        guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
        defer { unsafe _ = fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while unsafe fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            guard text.hasPrefix("VmHWM:") else { continue }
            return text.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
        }
        return 0
    }
}
