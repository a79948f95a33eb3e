internal import BridgeBytes
internal import BridgeConsole

/// The machine that a benchmark ran on, as far as Linux tells it.
enum BenchHost {
    /// `2 processors (AMD EPYC), Linux 6.1.0`.
    static var description: String {
        let lines = text("/proc/cpuinfo").split(separator: "\n")
        let count = lines.count { $0.hasPrefix("processor") }
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        let kernel = text("/proc/sys/kernel/osrelease").split(separator: "\n").first ?? "?"
        let name = model.map { " (\($0.trimmed))" } ?? ""
        return "\(max(1, count)) processors\(name), Linux \(kernel)"
    }

    /// What cannot be read is not told.
    private static func text(_ path: String) -> String {
        (try? FileBytes.contents(of: path)).map { String(repairing: $0) } ?? ""
    }
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0 == " " } }
}
