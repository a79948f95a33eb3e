/// The one JSON line at the end of a messaging benchmark, as the peers' programs print it.
package struct BenchmarkReport {
    let mode: String
    /// CPU seconds before the work: connecting does not count.
    private let cpuAtStart = ProcessUse.cpu

    package init(mode: String) { self.mode = mode }

    package func print(_ count: Int, _ size: Int, from start: Double, _ extra: String = "") {
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

extension BenchmarkReport {
    /// Does something that often, one after the other, and prints what the times were.
    package func measureEach(
        _ count: Int, _ size: Int, _ work: () async throws -> Void
    ) async throws {
        var times = LatencyRecord(capacity: count)
        let start = ProcessUse.now
        for _ in 0..<count {
            let sent = ProcessUse.now
            try await work()
            times.add(ProcessUse.now - sent)
        }
        print(count, size, from: start, times.fields)
    }
}

/// Times of single round trips.
package struct LatencyRecord {
    private var microseconds: [Double] = []

    package init(capacity: Int) { microseconds.reserveCapacity(capacity) }

    package mutating func add(_ seconds: Double) { microseconds.append(seconds * 1e6) }

    /// The percentiles as members of a JSON object, with a comma before them.
    package var fields: String {
        guard !microseconds.isEmpty else { return "" }
        let sorted = microseconds.sorted()
        func at(_ percent: Int) -> Double {
            sorted[min(sorted.count * percent / 100, sorted.count - 1)]
        }
        return ",\"p50_us\":\(at(50)),\"p99_us\":\(at(99)),\"max_us\":\(at(100))"
    }
}

/// A benchmark that measured something else than it meant to.
package struct BenchmarkFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
