import ArrowIPC
import BridgeBytes
import Glibc
import MessagingBenchmarks

/// The table of the second scenario: an id, four measures, an eight-letter name, a flag. Each step
/// stands beside a copy of the same bytes, and beside the plainest loop that does the same.
///
/// `Benchmarks/Peers/arrow_bench.py FILE` prints the same rows for pyarrow, of the file that
/// `natsbridge-bench arrow ROWS FILE` leaves; `Benchmarks/Peers/sum.c` has the sums in C.
enum ArrowBenchmark {
    static func run(rows: Int, file: String?) async throws {
        let table = try ArrowBenchmarkTable.make(rows: rows)
        let stream = try table.ipcStream()
        print("{\"table\":\"10 batches\",\"rows\":\(rows),\"bytes\":\(stream.count)}")
        try await write(table, stream)
        try await open(stream)
        let opened = try Table(ipcStream: stream)
        try await read(opened, rows: rows)
        try await Measurement(name: "arrow.validate.full", count: stream.count, unit: .byte).run {
            try opened.validate(full: true)
        }
        try await nulls(rows: rows)
        try await mapped(stream, file: file)
    }

    private static func write(_ table: Table, _ stream: Bytes) async throws {
        await Measurement(name: "memory.copy", count: stream.count, unit: .byte).run {
            consume(stream.copied().count)
        }
        try await Measurement(name: "arrow.write", count: stream.count, unit: .byte).run {
            consume(try table.ipcStream().count)
        }
        try await Measurement(name: "arrow.plan", count: 1, unit: .call).run {
            consume(try table.ipcStreamSegments().count)
        }
        try await Measurement(name: "arrow.size", count: 1, unit: .call).run {
            consume(try table.ipcStreamPlan().count)
        }
    }

    private static func open(_ stream: Bytes) async throws {
        try await Measurement(name: "arrow.open", count: 1, unit: .call).run {
            consume(try Table(ipcStream: stream).count)
        }
        try await Measurement(name: "arrow.open.column", count: 1, unit: .call).run {
            consume(try Table(ipcStream: stream, columns: .named(["a"])).count)
        }
        // In pieces of a socket's size: every body is collected once.
        try await Measurement(name: "arrow.decode.pieces", count: stream.count, unit: .byte).run {
            var decoder = StreamDecoder()
            var position = 0
            var batches = 0
            while position < stream.count {
                let end = min(stream.count, position + 256 << 10)
                decoder.feed(stream[position..<end])
                position = end
                while try decoder.next() != nil { batches += 1 }
            }
            consume(batches)
        }
    }

    private static func read(_ table: Table, rows: Int) async throws {
        try await Measurement(name: "pointer.sum.int64", count: rows * 8, unit: .byte).run {
            consume(try pointerSum(table, "id", Int64.self) { $0 &+ $1 })
        }
        try await Measurement(name: "arrow.sum.int64", count: rows * 8, unit: .byte).run {
            consume(try sum(table, "id", Int64.self) { $0 &+ $1 })
        }
        try await Measurement(name: "pointer.sum.float64", count: rows * 8, unit: .byte).run {
            consume(try pointerSum(table, "a", Double.self) { $0 + $1 })
        }
        try await Measurement(name: "arrow.sum.float64", count: rows * 8, unit: .byte).run {
            consume(try sum(table, "a", Double.self) { $0 + $1 })
        }
        try await Measurement(name: "arrow.text.lengths", count: rows, unit: .row).run {
            var total = 0
            for column in try table.column("name").chunks {
                let texts = try column.texts()
                for row in 0..<texts.count { total += texts.byteCount(at: row) }
            }
            consume(total)
        }
        try await Measurement(name: "arrow.text.strings", count: rows, unit: .row).run {
            var total = 0
            for column in try table.column("name").chunks {
                for text in try column.texts() { total += text?.utf8.count ?? 0 }
            }
            consume(total)
        }
        let batch = table.batches[0]
        await Measurement(name: "arrow.slice", count: 1_000, unit: .call).run {
            var total = 0
            for start in 0..<min(1_000, batch.count) { total += batch[start..<batch.count].count }
            consume(total)
        }
    }

    private static func nulls(rows: Int) async throws {
        var builder = NumberBuilder<Int64>(capacity: rows)
        for row in 0..<rows { builder.append(row % 10 == 3 ? nil : Int64(row)) }
        let column = builder.finish()
        await Measurement(name: "arrow.nulls.count", count: rows, unit: .row).run {
            consume(column.nullCount)
        }
        try await Measurement(name: "arrow.optionals.sum", count: rows, unit: .row).run {
            var total: Int64 = 0
            for value in try column.values(as: Int64?.self) { total &+= value ?? 0 }
            consume(total)
        }
    }

    /// A mapped file: time, and how many pages were touched (a fault may bring in 16 at once).
    private static func mapped(_ stream: Bytes, file: String?) async throws {
        let path = file ?? "/tmp/natsbridge-bench-\(getpid()).arrows"
        guard let output = unsafe fopen(path, "w") else { return }
        unsafe stream.withUnsafeBytes {
            unsafe _ = fwrite($0.baseAddress, 1, $0.count, output)
        }
        unsafe _ = fclose(output)
        defer { if file == nil { unsafe _ = unlink(path) } }
        try await Measurement(name: "arrow.open.mapped", count: 1, unit: .call).run {
            consume(try Table(ipcStream: Bytes(mappingFile: path)).count)
        }
        let before = ProcessUse.faults
        let table = try Table(ipcStream: Bytes(mappingFile: path))
        let faults = ProcessUse.faults - before
        print("{\"arrow.open.mapped\":\"faults\",\"n\":\(faults),\"rows\":\(table.count)}")
    }

    @inline(__always)
    private static func sum<T: ArrowPrimitive & Numeric>(
        _ table: Table, _ name: String, _ type: T.Type, _ add: (T, T) -> T
    ) throws -> T {
        var total = T.zero
        for column in try table.column(name).chunks {
            let values = try column.span(as: type)
            for index in values.indices { total = add(total, values[index]) }
        }
        return total
    }

    /// The same over a bare pointer: what a C compiler makes of `for (i = 0; i < n; i++)`.
    @inline(__always)
    private static func pointerSum<T: ArrowPrimitive & Numeric>(
        _ table: Table, _ name: String, _ type: T.Type, _ add: (T, T) -> T
    ) throws -> T {
        var total = T.zero
        for column in try table.column(name).chunks {
            let values = try column.span(as: type)
            unsafe values.withUnsafeBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                for index in 0..<buffer.count { total = unsafe add(total, start[index]) }
            }
        }
        return total
    }
}
