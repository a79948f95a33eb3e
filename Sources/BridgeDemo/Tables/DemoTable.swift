internal import ArrowIPC
internal import BridgeBytes

/// The large table of scenario 2: made by the formulae, and read back column by column.
enum DemoTable {
    /// Rows in one batch of the stream: about 50 MB.
    static let rowsPerBatch = 1_000_000

    /// Makes the table; the batches are made side by side.
    static func make(rows: Int) async throws -> Table {
        let starts = Array(stride(from: 0, to: rows, by: rowsPerBatch))
        let batches = try await withThrowingTaskGroup(of: (Int, RecordBatch).self) { group in
            for start in starts {
                group.addTask {
                    (start, try batch(start..<min(start + rowsPerBatch, rows)))
                }
            }
            var made: [Int: RecordBatch] = [:]
            for try await (start, batch) in group { made[start] = batch }
            return starts.compactMap { made[$0] }
        }
        let schema = try batches.first?.schema ?? batch(0..<0).schema
        return try Table(schema: schema, batches: batches)
    }

    private static func batch(_ rows: Range<Int>) throws(ArrowError) -> RecordBatch {
        var labels = TextBuilder(capacity: rows.count, bytesPerValue: 8)
        for row in rows {
            let letters = InlineArray<1, UInt64>(repeating: TableFormula.label(row))
            unsafe letters.span.withUnsafeBytes {
                // Sound: eight initialised bytes, read during the call.
                unsafe labels.append($0.bindMemory(to: UInt8.self).span)
            }
        }
        var flags = BoolBuilder(capacity: rows.count)
        for row in rows { flags.append(TableFormula.flag(row)) }
        return try RecordBatch([
            "id": numbers(rows) { Int64($0) },
            "time": numbers(rows, TableFormula.time),
            "level": numbers(rows, TableFormula.level),
            "drift": numbers(rows, TableFormula.drift),
            "phase": numbers(rows, TableFormula.phase),
            "label": labels.finish(),
            "flag": flags.finish(),
        ])
    }

    @inline(__always)
    private static func numbers<T: ArrowPrimitive>(
        _ rows: Range<Int>, _ value: (Int) -> T
    ) -> Column {
        Column(capacity: rows.count, of: T.self) { output in
            for row in rows { output.append(value(row)) }
        }
    }
}
