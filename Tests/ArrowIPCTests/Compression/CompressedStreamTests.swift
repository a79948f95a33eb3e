import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Compressed bodies: what is refused, what costs nothing, and what we write.
@Suite struct CompressedStreamTests {
    private static func fixture(_ name: String) throws -> Bytes {
        try TestFile.bytes(PackageRoot.file("Fixtures/arrow/\(name).arrows"))
    }

    private static var compressed: WriteOptions {
        var options = WriteOptions.portable
        options.compression = .lz4
        return options
    }

    private func error(_ stream: Bytes, _ limits: ArrowLimits) -> ArrowError? {
        do throws(ArrowError) {
            _ = try Table(ipcStream: stream, limits: limits)
            return nil
        } catch { return error }
    }

    /// A table of `rows` zeros, and one column of noise.
    private func zeros(rows: Int) throws -> Table {
        var generator = SeededGenerator(seed: 5)
        let zeros = Column([Int64](repeating: 0, count: rows))
        let noise = Column((0..<rows).map { _ in Int64(bitPattern: generator.next()) })
        return Table(try RecordBatch(["zeros": zeros, "noise": noise]))
    }

    @Test func nothingIsCompressedUnlessAskedFor() throws {
        let table = try zeros(rows: 1_000)
        #expect(WriteOptions.portable.compression == .none)
        #expect(try table.ipcStream().count > 16_000)
        let stream = try table.ipcStream(options: Self.compressed)
        #expect(stream.count < 8_000 + 1_000)
        #expect(stream.count > 8_000)
        // A plan knows its size, compressed or not.
        let plan = try table.ipcStreamPlan(options: Self.compressed)
        #expect(plan.count == stream.count)
        #expect(plan.segments.reduce(0) { $0 + $1.count } == stream.count)
    }

    /// What does not shrink is stored, after the length -1.
    @Test func noiseIsStoredAsItIs() throws {
        let stream = [UInt8](try zeros(rows: 1_000).ipcStream(options: Self.compressed))
        let mark = [UInt8](repeating: 0xFF, count: 8)
        var marks = 0
        for position in stride(from: 64, to: stream.count - 8, by: 64)
        where stream[position..<position + 8].elementsEqual(mark) {
            marks += 1
        }
        #expect(marks == 1)
        let table = try Table(ipcStream: Bytes(stream))
        var generator = SeededGenerator(seed: 5)
        let noise = try #require(try table.column("noise").chunks.first)
        for index in 0..<1_000 {
            let expected = Int64(bitPattern: generator.next())
            #expect(try noise.number(Int64.self, at: index) == expected)
        }
        #expect(try table.column("zeros").values(as: Int64.self)[999] == 0)
    }

    @Test(arguments: ["compressed_lz4", "compressed_zstd"])
    func limitsOfWhatBuffersBecome(name: String) throws {
        let stream = try Self.fixture(name)
        var limits = ArrowLimits()
        limits.maxInflatedLength = 100
        #expect(error(stream, limits)?.code == .limitExceeded)
        limits.maxInflatedLength = 1 << 20
        limits.inflationAllowance = 100
        limits.maxInflationRatio = 1
        #expect(error(stream, limits)?.code == .limitExceeded)
        limits.maxInflationRatio = 100
        #expect(error(stream, limits) == nil)
        limits.maxInflationRatio = 1
        limits.inflationAllowance = 1 << 20
        #expect(error(stream, limits) == nil)
    }

    /// The budget is the stream's: many small messages do not get round it.
    @Test func budgetCountsAllMessages() throws {
        let batch = try zeros(rows: 2_000)
        let table = try Table(
            schema: batch.schema, batches: [RecordBatch](repeating: batch.batches[0], count: 20))
        let stream = try table.ipcStream(options: Self.compressed)
        var limits = ArrowLimits()
        limits.maxInflationRatio = 1
        // Of a batch the zeros alone are inflated: what is stored costs no more than it is.
        limits.inflationAllowance = 19 * 16_000
        #expect(error(stream, limits)?.code == .limitExceeded)
        limits.inflationAllowance = 20 * 16_000
        #expect(error(stream, limits) == nil)
    }

    /// Buffers of columns that are not asked for are not inflated: a broken one does not matter.
    @Test(arguments: ["compressed_lz4", "compressed_zstd"])
    func projectionInflatesWhatItNeeds(name: String) throws {
        var limits = ArrowLimits()
        limits.maxInflatedLength = 400 * 8
        let stream = try Self.fixture(name)
        #expect(error(stream, limits)?.code == .limitExceeded)
        let table = try Table(ipcStream: stream, columns: .named(["value"]), limits: limits)
        let value = try table.column("value").values(as: Double.self)[399]
        #expect(value == 399 * 399 / 4.0)
    }

    @Test(arguments: ["compressed_lz4", "compressed_zstd", "compressed_texts"])
    func errorsNameTheFieldAndTheMessage(name: String) throws {
        let stream = [UInt8](try Self.fixture(name))
        var generator = SeededGenerator(name)
        var found: Set<ErrorCode> = []
        for _ in 0..<400 {
            var bytes = stream
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = 0xFF
            guard let error = error(Bytes(bytes), .default), error.stage == .compression else {
                continue
            }
            found.insert(error.code)
            #expect(error.field != nil)
            #expect(error.offset.map { $0 < bytes.count } == true)
        }
        #expect(found.contains(.invalidCompression))
    }
}
