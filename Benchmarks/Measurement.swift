import MessagingBenchmarks

/// Runs a piece of work several times and prints one JSON line: the median and the best wall
/// time, and the CPU time per unit of the median run.
struct Measurement {
    /// What one unit is: a byte, a message, a row.
    enum Unit: String { case byte, row, call }

    let name: String
    let count: Int
    let unit: Unit
    var repetitions = 7

    /// Runs `work` once to warm up and then `repetitions` times.
    func run(_ work: () async throws -> Void) async rethrows {
        try await work()
        var runs: [(wall: Double, cpu: Double)] = []
        for _ in 0..<repetitions {
            let cpu = ProcessUse.cpu
            let start = ProcessUse.now
            try await work()
            let wall = ProcessUse.now - start
            let after = ProcessUse.cpu
            runs.append((wall, after.user + after.system - cpu.user - cpu.system))
        }
        runs.sort { $0.wall < $1.wall }
        let median = runs[runs.count / 2]
        var line = "{\"benchmark\":\"\(name)\",\"unit\":\"\(unit.rawValue)\",\"n\":\(count)"
        line += ",\"median_s\":\(median.wall),\"best_s\":\(runs[0].wall)"
        line += ",\"cpu_ns_per_\(unit.rawValue)\":\(median.cpu / Double(count) * 1e9)"
        if unit == .byte { line += ",\"gb_per_s\":\(Double(count) / median.wall / 1e9)" }
        print(line + "}")
    }
}

/// Keeps a result, so that the work which made it is not left out by the optimiser.
@inline(never) @_optimize(none) func consume<T>(_ value: T) {}
