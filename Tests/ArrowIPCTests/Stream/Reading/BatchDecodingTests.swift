import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Batches that are decoded at the same time are those that are decoded in turn, and so are errors.
@Suite struct BatchDecodingTests {
    private enum Form: CaseIterable { case stream, file }

    /// What reading gives: the table in its JSON form, or the error.
    private typealias Outcome = Result<String, ArrowError>

    /// Six batches of every type, and a dictionary that is replaced between them.
    private static func bytes(
        _ form: Form, _ compression: WriteOptions.Compression
    ) throws -> Bytes {
        var options = WriteOptions.portable
        options.compression = compression
        let batches = try Tables.wide().batches
        let words = [Column(["a", "b", "c"]), Column(["d", "e", "f"])]
        var joined: [RecordBatch] = []
        for (number, batch) in (batches + batches).enumerated() where batch.count == 5 {
            let word = try Column(
                dictionary: [words[number % 2]], indices: [0, nil, 1, 2, 1] as [Int8?])
            let schema = Schema(batch.schema.fields + [Field("word", word.type)])
            joined.append(try RecordBatch(schema: schema, columns: batch.columns + [word]))
        }
        let table = try Table(schema: joined[0].schema, batches: joined)
        return form == .file
            ? try table.ipcFile(options: options) : try table.ipcStream(options: options)
    }

    private static func inTurn(
        _ bytes: Bytes, _ columns: ColumnSelection = .all, _ limits: ArrowLimits = .default
    ) throws -> Outcome {
        do throws(ArrowError) {
            return try text(try Table(ipcStream: bytes, columns: columns, limits: limits))
        } catch {
            return .failure(error)
        }
    }

    private static func atOnce(
        _ bytes: Bytes, _ columns: ColumnSelection = .all, _ limits: ArrowLimits = .default,
        _ concurrency: Int = 3
    ) async throws -> Outcome {
        do throws(ArrowError) {
            return try text(
                try await Table(
                    ipcStream: bytes, columns: columns, limits: limits, concurrency: concurrency))
        } catch {
            return .failure(error)
        }
    }

    /// What a table holds, or why that cannot be printed.
    private static func text(_ table: Table) throws(ArrowError) -> Outcome {
        try table.validate(full: true)
        return .success("\(table.batches.map(\.count)) \(table.formatted())")
    }

    @Test(arguments: [Form.stream, .file], [WriteOptions.Compression.none, .lz4, .zstandard])
    private func theTableIsTheSame(
        _ form: Form, _ compression: WriteOptions.Compression
    ) async throws {
        let bytes = try Self.bytes(form, compression)
        for columns in [ColumnSelection.all, .named(["word", "lists"]), .at([]), .at([3, 1])] {
            let expected = try Self.inTurn(bytes, columns)
            guard case .success = expected else {
                Issue.record("\(expected)")
                continue
            }
            for concurrency in [.min, -1, 0, 1, 2, 5, .max] {
                #expect(
                    try await Self.atOnce(bytes, columns, .default, concurrency) == expected)
            }
        }
    }

    @Test(arguments: [Form.stream, .file], [WriteOptions.Compression.lz4, .zstandard])
    private func theFirstErrorIsTheSame(
        _ form: Form, _ compression: WriteOptions.Compression
    ) async throws {
        let bytes = [UInt8](try Self.bytes(form, compression))
        var generator = SeededGenerator(seed: 15)
        var errors: Set<ErrorCode> = []
        for _ in 0..<150 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                changed[position] = UInt8.random(in: 0...255, using: &generator)
            }
            let expected = try Self.inTurn(Bytes(changed))
            #expect(try await Self.atOnce(Bytes(changed)) == expected)
            if case .failure(let error) = expected { errors.insert(error.code) }
        }
        #expect(errors.contains(.invalidCompression) && errors.count > 2, "\(errors)")
    }

    /// A limit is reached in the batch that would reach it in turn.
    @Test(arguments: [WriteOptions.Compression.lz4, .zstandard])
    func theBudgetIsTheSame(_ compression: WriteOptions.Compression) async throws {
        let zeros = Column([Int64](repeating: 0, count: 4_096))
        let batch = try RecordBatch(["zeros": zeros])
        let table = try Table(
            schema: batch.schema, batches: [RecordBatch](repeating: batch, count: 9))
        var options = WriteOptions.portable
        options.compression = compression
        let stream = try table.ipcStream(options: options)
        var limits = ArrowLimits()
        limits.maxInflationRatio = 2
        var reached: Set<Int?> = []
        for allowance in stride(from: 0, through: 10 * 32_768, by: 16_384) {
            limits.inflationAllowance = allowance
            let expected = try Self.inTurn(stream, .all, limits)
            #expect(try await Self.atOnce(stream, .all, limits) == expected)
            if case .failure(let error) = expected {
                #expect(error.code == .limitExceeded)
                reached.insert(error.offset)
            }
        }
        #expect(reached.count == 9)
    }

    @Test func aCancelledTaskReadsNoMore() async throws {
        let bytes = try Self.bytes(.stream, .lz4)
        let reading = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return try await Self.atOnce(bytes)
        }
        let outcome = try await reading.value
        guard case .failure(let error) = outcome else {
            Issue.record("a cancelled task read on")
            return
        }
        #expect(error.code == .cancelled)
    }
}
