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
        #expect(Array(try read.values(as: Double?.self)) == doubles)
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

    /// A column of a fixture, all rows of its first batch.
    private static func fixture(_ name: String, _ column: String) throws -> Column {
        let path = PackageRoot.file("Fixtures/arrow/\(name).arrows")
        return try Table(ipcStream: TestFile.bytes(path), columns: .named([column]))
            .batches[0].columns[0]
    }

    @Test func intervalsAreSeveralNumbers() throws {
        let months = try Self.fixture("times", "interval")
        let values: [(Int32, Int32, Int64)] = [(1, -2, 3), (0, 0, 0), (0, 0, 0), (-1, 0, 1)]
        let buffer = Buffer(
            values.flatMap { [Buffer([$0.0]), Buffer([$0.1]), Buffer([$0.2])] })
        let read = try Self.read(months, [buffer])
        #expect(try read.bytes(at: 0) == [1, 0, 0, 0, 254, 255, 255, 255, 3, 0, 0, 0, 0, 0, 0, 0])
        let days = try Column([1 | 2 << 32, -1] as [Int64]).viewed(as: .interval(.dayTime))
        let times = try Self.read(days, [Buffer([1, 2, -1, -1] as [Int32])])
        #expect(try times.bytes(at: 0) == [1, 0, 0, 0, 2, 0, 0, 0])
    }

    @Test func viewsSwapTheirNumbersOnly() throws {
        let texts = try Self.fixture("texts", "string_view")
        let words = try (0..<texts.count).map { try texts.text(at: $0) }
        let views = words.map { word -> Buffer in
            let bytes = Array((word ?? "").utf8)
            let size = Buffer([Int32(bytes.count)])
            guard bytes.count > 12 else {
                let padding = [UInt8](repeating: 0, count: 12 - bytes.count)
                return Buffer([size, Buffer(bytes + padding)])
            }
            return Buffer([size, Buffer(Array(bytes[0..<4])), Buffer([0, 0] as [Int32])])
        }
        let read = try Self.read(texts, [Buffer(views)])
        #expect(try (0..<read.count).map { try read.text(at: $0) } == words)
        #expect(words.contains { ($0?.utf8.count ?? 0) > 12 })
    }

    @Test func listViewsSwapOffsetsAndSizes() throws {
        let lists = try Self.fixture("nested", "list_view")
        let read = try Self.read(
            lists,
            [
                Buffer([0, 3, 3, 3] as [Int32]), Buffer([3, 0, 0, 1] as [Int32]),
                Buffer([1, 0, 3, 4] as [Int64]),
            ])
        #expect(try read.list(at: 3)?.number(Int64.self, at: 0) == 4)
    }

    @Test func runEndsAreSwapped() throws {
        let runs = try Self.fixture("encoded", "runs")
        let read = try Self.read(
            runs, [Buffer([1, 3, 4] as [Int32]), Buffer([0, 1, 1, 2] as [Int32])])
        let place = try read.resolved(at: 3)
        #expect(try place.column.text(at: place.position) == "z")
    }

    @Test func decimalsOfEveryWidthAreOneNumber() throws {
        let narrow = try Self.fixture("decimals", "decimal32")
        let digits: [Int32] = [1, 0, 999_999_999, -999_999_999, -1]
        let read = try Self.read(narrow, [Buffer(digits)])
        #expect(try read.decimalText(at: 3) == "-9999999.99")
        let wide = try Self.fixture("decimals", "whole")
        let values: [Int128] = [1, 0, -5, 10_000_000_000 * 1_000_000_000, 0]
        let read128 = try Self.read(wide, [Buffer(values)])
        #expect(try read128.decimalText(at: 3) == "10000000000000000000")
    }

    @Test func unknownByteOrdersAreRefused() throws {
        let stream = MessageKinds.markedBigEndian(try Table(["c": Column([1])]).ipcStream(), as: 2)
        let error = #expect(throws: ArrowError.self) { try Table(ipcStream: stream) }
        #expect(error?.code == .invalidSchema)
        #expect(error?.stage == .schema)
    }
}
