import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// What is written as a file is read again by its footer, and its stream by whoever reads streams.
@Suite struct FileWriterTests {
    private static func words(_ texts: [String], _ indices: [Int8?]) throws -> RecordBatch {
        let column = try Column(dictionary: [Column(texts)], indices: indices, id: 3)
        return try RecordBatch(
            schema: Schema([Field("w", column.type)]), columns: [column])
    }

    private static func write(_ batches: [RecordBatch]) throws -> Bytes {
        var writer = FileWriter(schema: batches[0].schema)
        var segments = writer.begin().segments
        for batch in batches { segments.append(contentsOf: try writer.append(batch).segments) }
        segments.append(contentsOf: writer.finish().segments)
        return segments.joined()
    }

    private static func texts(_ file: Bytes) throws -> [String?] {
        let table = try Table(ipcFile: file)
        try table.validate(full: true)
        return Array(try table.column("w").values(as: String?.self))
    }

    @Test(arguments: [WriteOptions.Compression.none, .lz4, .zstandard])
    func everyTypeComesBack(_ compression: WriteOptions.Compression) throws {
        var options = WriteOptions.portable
        options.compression = compression
        let table = try Tables.wide()
        let file = try table.ipcFile(options: options)
        let read = try Table(ipcStream: file)
        #expect(read.schema == table.schema)
        #expect(try read.ipcStream() == table.ipcStream())
        let plan = try table.ipcFilePlan(options: options)
        #expect(plan.count == file.count)
    }

    @Test func messagesAndBuffersBeginOnSixtyFourBytes() throws {
        let file = try Tables.wide().ipcFile()
        let reader = try FileReader(file)
        let values = try reader.batch(at: 0).column("plain").span(as: Int64.self)
        #expect(values.count == 5)
        // Behind the magic and the schema everything is aligned, so that mapped files are.
        let stream = try Tables.wide().ipcStream()
        #expect(file.count % 8 == 0 || file.count > stream.count)
        let salvaged = try Table.salvage(ipcFile: file)
        #expect(salvaged.problem == nil && salvaged.table.count == 13)
    }

    @Test func tablesWithoutBatchesOrColumnsComeBack() throws {
        let empty = try Table(schema: Schema([Field("a", .int8)]), batches: [])
        #expect(try Table(ipcFile: empty.ipcFile()).batches.isEmpty)
        let bare = Table(try RecordBatch(schema: Schema([]), columns: []))
        #expect(try Table(ipcFile: bare.ipcFile()).batches.count == 1)
    }

    @Test func aDictionaryThatChangesIsContinuedByDeltas() throws {
        let batches = [
            try Self.words(["a", "b"], [0, 1, nil]), try Self.words(["c"], [0, 0]),
            try Self.words(["a", "b"], [1]),
        ]
        let file = try Self.write(batches)
        #expect(try Self.texts(file) == ["a", "b", nil, "c", "c", "b"])
        #expect(MessageKinds.text(of: file[8...]) == "sdbDbDb")
        // All batches known at once: one dictionary.
        let table = try Table(schema: batches[0].schema, batches: batches)
        let joined = try table.ipcFile()
        #expect(try Self.texts(joined) == ["a", "b", nil, "c", "c", "b"])
        #expect(MessageKinds.text(of: joined[8...]) == "sdbbb")
    }

    @Test func aDictionaryThatIsUsedAgainIsNotSentAgain() throws {
        let first = try Self.words(["a", "b"], [0])
        let other = try Self.words(["c", "d"], [1])
        let file = try Self.write([first, other, first, other, other])
        #expect(try Self.texts(file) == ["a", "d", "a", "d", "d"])
        #expect(MessageKinds.text(of: file[8...]) == "sdbDbbbb")
    }

    @Test func moreValuesThanTheIndexCanNumberAreRefused() throws {
        let names = (0..<100).map { "\($0)" }
        let batches = [try Self.words(names, [0]), try Self.words(names, [99])]
        let error = #expect(throws: ArrowError.self) { try Self.write(batches) }
        #expect(error?.code == .limitExceeded)
    }

    @Test func aDictionaryThatNobodyNeedsIsWrittenEmpty() throws {
        let nulls = try Table(ipcStream: Self.withoutDictionary())
        let texts = try nulls.column("w").values(as: String?.self)
        #expect(Array(texts) == [nil, nil])
        for bytes in [try nulls.ipcStream(), try nulls.ipcFile()] {
            let again = try Table(ipcStream: bytes)
            #expect(Array(try again.column("w").values(as: String?.self)) == [nil, nil])
            try again.validate(full: true)
        }
        #expect(MessageKinds.text(of: try nulls.ipcStream()) == "sdb")
        // Beside batches that have one, theirs will do; and one that comes later is added.
        let full = try Self.words(["x"], [0])
        let both = try Table(
            schema: full.schema,
            batches: [RecordBatch(schema: full.schema, columns: nulls.batches[0].columns), full])
        #expect(MessageKinds.text(of: try both.ipcStream()) == "sdbb")
        let file = try Self.write(both.batches)
        #expect(try Self.texts(file) == [nil, nil, "x"])
        #expect(MessageKinds.text(of: file[8...]) == "sdbDb")
    }

    /// A stream of two nulls in a dictionary column, with its dictionary left out.
    static func withoutDictionary() throws -> Bytes {
        let forge = try FileForge(Table(try words(["x"], [nil, nil])))
        return Bytes(forge.messages[0] + forge.messages[2])
    }
}
