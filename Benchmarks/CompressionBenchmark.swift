import ArrowIPC
import BridgeBytes
import Glibc
import MessagingBenchmarks

/// Reading a compressed Arrow stream from memory, on one core and on two, and writing its table
/// with LZ4. `Benchmarks/Peers/arrow_compressed.py FILE` reads the same file with pyarrow and one
/// thread.
enum CompressionBenchmark {
    static func run(path: String, repetitions: Int) async throws {
        let stream = try file(path)
        let table = try Table(ipcStream: stream, limits: limits)
        let count = try table.ipcStreamPlan().count
        try await Measurement(
            name: "arrow.read.compressed", count: count, unit: .byte, repetitions: repetitions
        ).run {
            consume(try Table(ipcStream: stream, limits: limits).count)
        }
        try await Measurement(
            name: "arrow.read.compressed.two", count: count, unit: .byte, repetitions: repetitions
        ).run {
            consume(try await Table(ipcStream: stream, limits: limits, concurrency: 2).count)
        }
        var options = WriteOptions.portable
        options.compression = .lz4
        let compressed = options
        try await Measurement(
            name: "arrow.write.lz4", count: count, unit: .byte, repetitions: repetitions
        ).run {
            consume(try table.ipcStreamPlan(options: compressed).count)
        }
    }

    /// The file is ours, so the caution of the default limits is not needed.
    private static var limits: ArrowLimits {
        var limits = ArrowLimits()
        limits.maxInflationRatio = .max
        return limits
    }

    private static func file(_ path: String) throws -> Bytes {
        let file = unsafe fopen(path, "rb")
        guard let file = unsafe file else { throw BenchmarkFailure("cannot open \(path)") }
        defer { unsafe _ = fclose(file) }
        var writer = ByteWriter(capacity: 1 << 20)
        var filled = 1
        while filled > 0 {
            unsafe writer.appendUnsafe(upTo: 1 << 20) { spare in
                filled = unsafe fread(spare.baseAddress, 1, spare.count, file)
                return filled
            }
        }
        return writer.finish()
    }
}
