import ArrowIPC
import BridgeBytes
import Glibc

/// Opening a large file, building its columns, and rows of `Codable` structures, on one core.
///
/// `Benchmarks/Peers/arrow_files.py FILE` prints the same rows for pyarrow and numpy, of the file
/// that `natsbridge-bench arrow-files ROWS FILE` leaves.
enum ArrowFileBenchmark {
    /// A row of the structures that become columns and come back: five values.
    private struct Reading: Codable {
        var id: Int64
        var value: Double
        var share: Double?
        var isValid: Bool
        var name: String
    }

    static func run(rows: Int, file path: String) async throws {
        try ArrowBenchmarkTable.make(rows: rows, batches: 100).ipcFile().write(toFile: path)
        try await open(path)
        try await build(rows: rows)
        try await structures(count: max(1, rows / 10))
    }

    private static func open(_ path: String) async throws {
        try await Measurement(name: "arrow.file.open", count: 1, unit: .call).run {
            consume(try FileReader(Bytes(mappingFile: path)).batchCount)
        }
        let file = try FileReader(Bytes(mappingFile: path))
        var next = 0
        try await Measurement(
            name: "arrow.file.batch", count: 1, unit: .call, repetitions: file.batchCount
        ).run {
            next = (next + 37) % file.batchCount
            consume(try file.batch(at: next).count)
        }
    }

    /// Five columns out of Swift arrays, as a caller has them: as `numpy` arrays become columns.
    private static func build(rows: Int) async throws {
        let ids = (0..<rows).map { Int64($0) }
        let values = (0..<rows).map { Double($0) * 0.5 }
        let shares = (0..<rows).map { row -> Double? in row % 10 == 3 ? nil : Double(row) }
        let flags = (0..<rows).map { $0 % 3 == 0 }
        let counts = (0..<rows).map { Int32(truncatingIfNeeded: $0) }
        try await Measurement(name: "arrow.build.arrays", count: rows, unit: .row).run {
            let batch = try RecordBatch([
                "id": Column(ids), "value": Column(values), "share": Column(shares),
                "flag": Column(flags), "count": Column(counts),
            ])
            consume(batch.count)
        }
        let names = (0..<rows).map { "name \($0 % 1_000)" }
        await Measurement(name: "arrow.build.texts", count: rows, unit: .row).run {
            consume(Column(names).count)
        }
    }

    private static func structures(count: Int) async throws {
        var rows: [Reading] = []
        for row in 0..<count {
            let share: Double? = row % 10 == 3 ? nil : 0.25
            rows.append(
                Reading(
                    id: Int64(row), value: Double(row), share: share, isValid: row % 3 == 0,
                    name: "name \(row % 1_000)"))
        }
        let table = try Table(rows: rows)
        // Counted in values, of which each row has five.
        try await Measurement(name: "arrow.rows.in", count: count * 5, unit: .row).run {
            consume(try Table(rows: rows).count)
        }
        try await Measurement(name: "arrow.rows.out", count: count * 5, unit: .row).run {
            var total = 0.0
            for row in try table.rows(as: Reading.self) { total += row.value }
            consume(total)
        }
    }
}
