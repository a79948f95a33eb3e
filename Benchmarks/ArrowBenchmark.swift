import ArrowIPC
import BridgeBytes

/// The table of the second scenario: an id, four measures, an eight-letter name, a flag.
enum ArrowBenchmark {
    static func run(rows: Int) async throws {
        let table = try makeTable(rows: rows)
        let stream = try table.ipcStream()
        print("{\"table\":\"10 batches\",\"rows\":\(rows),\"bytes\":\(stream.count)}")
        await Measurement(name: "memory.copy", count: stream.count, unit: .byte).run {
            consume(stream.copied().count)
        }
        try await Measurement(name: "arrow.plan", count: 1, unit: .call).run {
            consume(try table.ipcStreamSegments().count)
        }
        try await Measurement(name: "arrow.write", count: stream.count, unit: .byte).run {
            consume(try table.ipcStream().count)
        }
        try await Measurement(name: "arrow.open", count: 1, unit: .call).run {
            consume(try Table(ipcStream: stream).count)
        }
        let opened = try Table(ipcStream: stream)
        try await Measurement(name: "arrow.sum.int64", count: rows * 8, unit: .byte).run {
            consume(try sum(opened, "id", Int64.self) { $0 &+ $1 })
        }
        try await Measurement(name: "arrow.sum.float64", count: rows * 8, unit: .byte).run {
            consume(try sum(opened, "a", Double.self) { $0 + $1 })
        }
        try await Measurement(name: "arrow.validate.full", count: stream.count, unit: .byte).run {
            try opened.validate(full: true)
        }
    }

    @inline(__always)
    private static func sum<T: ArrowPrimitive & Numeric>(
        _ table: Table, _ name: String, _ type: T.Type, _ add: (T, T) -> T
    ) throws -> T {
        var total = T.zero
        for column in try table.columns(name) {
            let values = try column.values(as: type)
            for index in values.indices { total = add(total, values[index]) }
        }
        return total
    }

    private static func makeTable(rows: Int) throws -> Table {
        let perBatch = max(1, rows / 10)
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
