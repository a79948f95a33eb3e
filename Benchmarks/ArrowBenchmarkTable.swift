import ArrowIPC

/// Makes the table of the benchmark.
enum ArrowBenchmarkTable {
    static func make(rows: Int, batches number: Int = 10) throws -> Table {
        let perBatch = max(1, rows / number)
        var batches: [RecordBatch] = []
        var first = 0
        while first < rows {
            let count = min(perBatch, rows - first)
            batches.append(try makeBatch(first, count))
            first += count
        }
        return try Table(schema: batches[0].schema, batches: batches)
    }

    private static func makeBatch(_ first: Int, _ count: Int) throws -> RecordBatch {
        let ids = Column(capacity: count, of: Int64.self) { output in
            for row in first..<first + count { output.append(Int64(row)) }
        }
        func measure(_ scale: Double) -> Column {
            Column(capacity: count, of: Double.self) { output in
                for row in first..<first + count { output.append(Double(row) * scale) }
            }
        }
        var names = TextBuilder(capacity: count, bytesPerValue: 8)
        var flags = BoolBuilder(capacity: count)
        for row in first..<first + count {
            names.append(name(row).span)
            flags.append(row % 3 == 0)
        }
        return try RecordBatch([
            "id": ids, "a": measure(0.5), "b": measure(0.25), "c": measure(-1), "d": measure(1e-3),
            "name": names.finish(), "flag": flags.finish(),
        ])
    }

    /// The row's number in eight decimal digits.
    private static func name(_ row: Int) -> InlineArray<8, UInt8> {
        var digits = InlineArray<8, UInt8>(repeating: 0x30)
        var rest = row
        for position in stride(from: 7, through: 0, by: -1) {
            digits[position] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return digits
    }
}
