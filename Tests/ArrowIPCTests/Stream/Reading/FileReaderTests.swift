import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Files are read by their footer, however their messages lie.
@Suite struct FileReaderTests {
    /// Message 0 is the schema, 1 a dictionary, 2 and 3 are batches.
    private static func table() throws -> Table {
        let words = Column(["a", "b"])
        let first = try Column(dictionary: [words], indices: [0, 1] as [Int8?])
        let second = try Column(dictionary: [words], indices: [1, 1] as [Int8?])
        let schema = Schema([Field("d", first.type), Field("i", .int32)])
        return try Table(
            schema: schema,
            batches: [
                RecordBatch(schema: schema, columns: [first, Column([1, 2] as [Int32])]),
                RecordBatch(schema: schema, columns: [second, Column([3, 4] as [Int32])]),
            ])
    }

    private static func numbers(_ table: Table) throws -> [[Int32]] {
        try table.batches.map { batch in
            try batch.validate(full: true)
            return Array(try batch.column("i").values(as: Int32.self))
        }
    }

    private static func error(_ bytes: Bytes) -> ArrowError? {
        do throws(ArrowError) {
            _ = try Table(ipcStream: bytes)
            return nil
        } catch { return error }
    }

    @Test(
        "messages may lie anywhere",
        arguments: [
            (order: [0, 1, 2, 3], gap: 0, hasEnd: true), (order: [1, 2, 3], gap: 0, hasEnd: true),
            (order: [0, 1, 2, 3], gap: 64, hasEnd: true),
            (order: [1, 2, 3], gap: 56, hasEnd: false),
            (order: [0, 1, 2, 3], gap: 0, hasEnd: false),
            (order: [3, 2, 1, 0], gap: 8, hasEnd: true),
            (order: [0, 2, 1, 3], gap: 0, hasEnd: true),
        ])
    func messagesMayLieAnywhere(_ layout: (order: [Int], gap: Int, hasEnd: Bool)) throws {
        let forge = try FileForge(Self.table())
        let file = try forge.file(order: layout.order, gap: layout.gap, hasEnd: layout.hasEnd)
        let table = try Table(ipcStream: file)
        #expect(try Self.numbers(table) == [[1, 2], [3, 4]])
        #expect(
            Array(try table.column("d").values(as: String.self)) == ["a", "b", "b", "b"])
    }

    @Test func theFooterStatesTheOrder() throws {
        let forge = try FileForge(Self.table())
        let swapped = try forge.file(order: [0, 1, 2, 3], names: [2: 3, 3: 2])
        #expect(try Self.numbers(Table(ipcFile: swapped)) == [[3, 4], [1, 2]])
        let twice = try forge.file(order: [0, 1, 2, 3], names: [3: 2])
        #expect(try Self.numbers(Table(ipcFile: twice)) == [[1, 2], [1, 2]])
    }

    @Test func anyBatchIsReadWithoutTheOthers() throws {
        let forge = try FileForge(Self.table())
        var bytes = [UInt8](try forge.file(order: [0, 1, 2, 3]))
        // The head of the first batch is destroyed: nobody looks at it.
        let start = 8 + forge.messages[0].count + forge.messages[1].count
        for index in start + 8..<start + 40 { bytes[index] = 0xEE }
        let file = try FileReader(Bytes(bytes))
        #expect(file.batchCount == 2)
        #expect(Array(try file.batch(at: 1).column("i").values(as: Int32.self)) == [3, 4])
        #expect(throws: ArrowError.self) { try file.batch(at: 0) }
    }

    @Test func aFileWithoutItsFooterIsRefusedAndCanBeSalvaged() throws {
        let whole = try Self.table().ipcFile()
        let size = whole.span.littleEndian(Int32.self, at: whole.count - 10)
        let footer = Int(try #require(size))
        let last = whole.count - 10 - footer - 8
        for end in [whole.count - 1, whole.count - 10, last, last - 32] {
            let cut = whole[0..<end]
            let error = Self.error(cut)
            #expect(error?.code == .invalidFooter && error?.offset == end)
            let salvaged = try Table.salvage(ipcFile: cut)
            let isBroken = end < last
            #expect(
                try Self.numbers(salvaged.table) == (isBroken ? [[1, 2]] : [[1, 2], [3, 4]]))
            #expect((salvaged.problem != nil) == isBroken)
        }
        #expect(throws: ArrowError.self) { try Table.salvage(ipcFile: whole[0..<100]) }
    }

    @Test func zerosBetweenMessagesArePassedInASalvagedFile() throws {
        let forge = try FileForge(Self.table())
        let file = try forge.file(order: [0, 1, 2, 3], gap: 64)
        let salvaged = try Table.salvage(ipcFile: file)
        #expect(try Self.numbers(salvaged.table) == [[1, 2], [3, 4]])
        #expect(salvaged.problem == nil)
    }

    @Test func everyPrefixAndEveryChangedByteOfAFooterIsHandled() throws {
        let whole = [UInt8](try Self.table().ipcFile(metadata: ["a": "b"]))
        for end in 0..<whole.count {
            #expect(throws: ArrowError.self) { try Table(ipcFile: Bytes(Array(whole[0..<end]))) }
        }
        let size = whole.span.littleEndian(Int32.self, at: whole.count - 10)
        let footer = Int(try #require(size))
        var exercise = Exercise()
        for index in whole.count - 10 - footer..<whole.count {
            for value in [UInt8(0), 1, 0x7F, 0x80, 0xFF] {
                var changed = whole
                changed[index] = value
                _ = exercise.stream(Bytes(changed))
            }
        }
        #expect(exercise.values > 0)
    }

    @Test func aFooterThatNamesAMessageOverAndOverIsRefused() throws {
        let one = try Table(["x": Column((0..<1_000).map { Int64($0) })])
        let schema = one.schema
        let many = Table(unchecked: schema, count: 200, one.batches[0][0..<0])
        let forge = try FileForge(many)
        // All blocks name the only large message.
        let large = try FileForge(Table(schema: schema, batches: one.batches + many.batches))
        let names = Dictionary(uniqueKeysWithValues: (2...200).map { ($0, 1) })
        let file = try large.file(order: [0, 1], names: names.merging([201: 1]) { $1 })
        #expect(Self.error(file)?.code == .limitExceeded)
        #expect(forge.messages.count == 201)
    }

    @Test func metadataOfTheFooterIsReadAndWritten() throws {
        let file = try Self.table().ipcFile(metadata: ["made": "by hand"])
        #expect(try FileReader(file).metadata == ["made": "by hand"])
        #expect(try FileReader(Self.table().ipcFile()).metadata == nil)
    }

    @Test func columnsAreSelected() throws {
        let file = try FileReader(Self.table().ipcFile(), columns: .named(["i"]))
        #expect(file.schema.fields.map(\.name) == ["i"])
        #expect(Array(try file.batch(at: 0).columns[0].values(as: Int32.self)) == [1, 2])
    }

    @Test func aFileThatComesInPiecesIsRefusedUnlessItIsSalvaged() throws {
        let file = try Self.table().ipcFile()
        var decoder = StreamDecoder()
        decoder.feed(file)
        let error = #expect(throws: ArrowError.self) { try decoder.next() }
        #expect(error?.code == .unsupportedFeature)
        var salvaging = StreamDecoder(salvagesFiles: true)
        var rows = 0
        for piece in stride(from: 0, to: file.count, by: 7) {
            salvaging.feed(file[piece..<min(piece + 7, file.count)])
            while let batch = try salvaging.next() { rows += batch.count }
        }
        #expect(rows == 4)
    }
}

extension Table {
    fileprivate init(unchecked schema: Schema, count: Int, _ batch: RecordBatch) {
        // The schema is the batch's own.
        self =
            (try? Table(schema: schema, batches: Array(repeating: batch, count: count)))
            ?? Table(batch)
    }
}
