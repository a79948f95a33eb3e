import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Streams in big-endian order, made from ours by reversing the numbers of each buffer by hand.
/// The golden streams of the shared data hold the same for every type.
@Suite struct BigEndianTests {
    /// A buffer as the writer pads it, and where each of its numbers ends.
    private struct Buffer {
        let bytes: [UInt8]
        let widths: [Int]

        init<T: FixedWidthInteger>(_ values: [T]) {
            bytes = values.flatMap { value in
                (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
            }
            widths = values.map { _ in MemoryLayout<T>.size }
        }

        init(_ parts: [Buffer]) {
            bytes = parts.flatMap(\.bytes)
            widths = parts.flatMap(\.widths)
        }

        var padded: [UInt8] { Self.padded(bytes) }

        var swapped: [UInt8] {
            var position = 0
            return Self.padded(
                widths.flatMap { width in
                    defer { position += width }
                    return bytes[position..<position + width].reversed()
                })
        }

        private static func padded(_ bytes: [UInt8]) -> [UInt8] {
            bytes + [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64)
        }
    }

    private static func stream(_ column: Column, _ buffers: [Buffer]) throws -> Bytes {
        var stream = try Table(["c": column]).ipcStream()
        for buffer in buffers {
            stream = try Forgery.replacing(bytes: buffer.padded, by: buffer.swapped, in: stream)
        }
        return MessageKinds.markedBigEndian(stream)
    }

    private static func read(_ column: Column, _ buffers: [Buffer]) throws -> Column {
        let table = try Table(ipcStream: stream(column, buffers))
        try table.validate(full: true)
        let read = table.batches[0].columns[0]
        // In our order again it is the stream that it was made of.
        #expect(try Table(["c": read]).ipcStream() == Table(["c": column]).ipcStream())
        return read
    }

    @Test func numbersAreSwapped() throws {
        _ = try Self.read(Column([1, -2, 770] as [Int16]), [Buffer([1, -2, 770] as [Int16])])
        _ = try Self.read(
            Column([1, -2, 1 << 30] as [Int32]), [Buffer([1, -2, 1 << 30] as [Int32])])
        let long: [Int64] = [1, -2, 1 << 60]
        _ = try Self.read(Column(long), [Buffer(long)])
        let doubles = [0.5, -1.25, 1e300]
        let read = try Self.read(Column(doubles), [Buffer(doubles.map(\.bitPattern))])
        #expect(Array(try read.optionals(of: Double.self)) == doubles)
        _ = try Self.read(Column([1, 255] as [UInt8]), [])
    }

    @Test func offsetsAreSwappedAndTextIsNot() throws {
        let read = try Self.read(
            Column(["ab", "cde", ""]), [Buffer([0, 2, 5, 5] as [Int32])])
        #expect(Array(try read.texts()) == ["ab", "cde", ""])
        let large = try Self.read(
            Column(["ab", "cde"], type: .largeUTF8), [Buffer([0, 2, 5] as [Int64])])
        #expect(Array(try large.texts()) == ["ab", "cde"])
    }

    @Test func bitsAreNotSwapped() throws {
        let read = try Self.read(
            Column([true, false, true, nil, true, false, true, true, true]), [])
        #expect(read.nullCount == 1)
        #expect(try read.bits()[8])
    }

    @Test func listsSwapOffsetsAndItems() throws {
        let lists = try Column(lists: [2, 0, 1], of: Column([7, 8, 9] as [Int64]))
        let read = try Self.read(
            lists, [Buffer([0, 2, 2, 3] as [Int32]), Buffer([7, 8, 9] as [Int64])])
        #expect(try read.list(at: 2)?.number(Int64.self, at: 0) == 9)
    }

    @Test func dictionariesSwapIndicesAndValues() throws {
        let column = try Column(
            dictionary: [Column([1_000, 2_000] as [Int32])], indices: [1, 0, 1] as [Int16?])
        let read = try Self.read(
            column, [Buffer([1, 0, 1] as [Int16]), Buffer([1_000, 2_000] as [Int32])])
        let place = try read.resolved(at: 0)
        #expect(try place.column.number(Int32.self, at: place.position) == 2_000)
    }

    @Test func unknownByteOrdersAreRefused() throws {
        let stream = MessageKinds.markedBigEndian(try Table(["c": Column([1])]).ipcStream(), as: 2)
        let error = #expect(throws: ArrowError.self) { try Table(ipcStream: stream) }
        #expect(error?.code == .invalidSchema)
        #expect(error?.stage == .schema)
    }
}
