/// The one JSON line at the end of a messaging benchmark, as the peers' programs print it.
struct BenchmarkReport {
    let mode: String
    /// CPU seconds before the work: connecting does not count.
    let cpuAtStart: (user: Double, system: Double)

    func print(_ count: Int, _ size: Int, from start: Double, _ extra: String = "") {
        let end = ProcessUse.now
        let cpu = ProcessUse.cpu
        Swift.print(
            """
            {"impl":"swift","mode":"\(mode)","n":\(count),"size":\(size),"t0":\(start),"t1":\(end),\
            "secs":\(end - start),"user":\(cpu.user - cpuAtStart.user),\
            "sys":\(cpu.system - cpuAtStart.system),"maxrss_kb":\(ProcessUse.peakResident)\(extra)}
            """)
    }
}

/// Times of single round trips.
struct LatencyRecord {
    private var microseconds: [Double] = []

    init(capacity: Int) { microseconds.reserveCapacity(capacity) }

    mutating func add(_ seconds: Double) { microseconds.append(seconds * 1e6) }

    /// The percentiles as members of a JSON object, with a comma before them.
    var fields: String {
        guard !microseconds.isEmpty else { return "" }
        let sorted = microseconds.sorted()
        func at(_ percent: Int) -> Double {
            sorted[min(sorted.count * percent / 100, sorted.count - 1)]
        }
        return ",\"p50_us\":\(at(50)),\"p99_us\":\(at(99)),\"max_us\":\(at(100))"
    }
}
