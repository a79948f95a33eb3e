import ArrowIPC
import BridgeBytes
import TestKit
import Testing

@Suite struct StreamWriterTests {
    private static func column(_ table: Table, _ name: String) throws -> [String?] {
        try table.column(name).chunks.flatMap { column in
            try (0..<column.count).map { position -> String? in
                if column.isNull(at: position) { return nil }
                let place = try column.resolved(at: position)
                return try place.column.text(at: place.position)
            }
        }
    }

    /// The kinds of the messages of a stream, in order: s, d (dictionary), D (delta), b.
    private static func kinds(_ stream: Bytes) -> String { MessageKinds.text(of: stream) }

    private static func replaced() throws -> Table {
        try Table(
            ipcStream: TestFile.bytes(PackageRoot.file("Fixtures/arrow/dictionary_replaced.arrows"))
        )
    }

    @Test func replacedDictionariesAreSentOnceBeforehand() throws {
        let table = try Self.replaced()
        let stream = try table.ipcStream()
        #expect(Self.kinds(stream) == "sdbbb")
        let read = try Table(ipcStream: stream)
        try read.validate(full: true)
        #expect(try Self.column(read, "word") == ["a", "b", "c", "a", "a", "b"])
        // Nothing to join any more: written again it is the same.
        #expect(try read.ipcStream() == stream)
    }

    @Test func replacementIsStillThereWhenAskedFor() throws {
        let table = try Self.replaced()
        var options = WriteOptions.portable
        options.joinsDictionaries = false
        let stream = try table.ipcStream(options: options)
        #expect(Self.kinds(stream) == "sdbdbdb")
        #expect(try Self.column(Table(ipcStream: stream), "word") == Self.column(table, "word"))
    }

    @Test func growingDictionariesKeepTheirIndices() throws {
        let values = (0..<3).map { part in
            Column((0..<4).map { "value \(part * 4 + $0)" } as [String])
        }
        let batches = try (1...3).map { count in
            try RecordBatch([
                "word": Column(
                    dictionary: Array(values[0..<count]),
                    indices: (0..<4 * count).map { Int8($0) } + [nil])
            ])
        }
        let table = try Table(schema: batches[0].schema, batches: batches)
        var options = WriteOptions.portable
        options.joinsDictionaries = false
        let growing = try table.ipcStream(options: options)
        // Each batch has columns of its own, so nothing tells the writer that they continue.
        #expect(Self.kinds(growing) == "sdbdDbdDDb")
        let joined = try table.ipcStream()
        #expect(Self.kinds(joined) == "sdbbb")
        let read = try Table(ipcStream: joined)
        try read.validate(full: true)
        #expect(try Self.column(read, "word") == Self.column(table, "word"))
    }

    @Test func deltasAreJoinedOrContinued() throws {
        let values = [Column(["a", "b"]), Column(["c"])]
        let long = try Column(dictionary: values, indices: [0, 2, 1] as [Int32?])
        let table = try Table(RecordBatch(["word": long]))
        var options = WriteOptions.portable
        options.joinsDictionaries = false
        let deltas = try table.ipcStream(options: options)
        #expect(Self.kinds(deltas) == "sdDb")
        let read = try Table(ipcStream: deltas)
        #expect(try Self.column(read, "word") == ["a", "c", "b"])
        #expect(Self.kinds(try read.ipcStream()) == "sdb")
    }

    @Test func valuesBeyondTheIndexAreReplacedInstead() throws {
        let batches = try (0..<2).map { part in
            let values = Column((0..<100).map { "\(part)-\($0)" })
            let indices = (0..<100).map { Int8($0) as Int8? }
            return try RecordBatch(["word": Column(dictionary: [values], indices: indices)])
        }
        let table = try Table(schema: batches[0].schema, batches: batches)
        let stream = try table.ipcStream()
        #expect(Self.kinds(stream) == "sdbdb")
        #expect(try Self.column(Table(ipcStream: stream), "word") == Self.column(table, "word"))
    }

    @Test func columnsOfTwoStreamsMayHaveOneID() throws {
        let one = try Self.replaced().batches[0].columns[0]
        let other = try Self.replaced().batches[1].columns[0]
        let table = try Table(["one": one, "other": other])
        let read = try Table(ipcStream: try table.ipcStream())
        #expect(try Self.column(read, "one") == ["a", "b"])
        #expect(try Self.column(read, "other") == ["c", "a"])
        var writer = StreamWriter(schema: table.schema)
        let error = #expect(throws: ArrowError.self) { try writer.append(table.batches[0]) }
        #expect(error?.code == .invalidBatch)
    }

    @Test func batchesCanBeWrittenAsTheyCome() async throws {
        let table = try Self.replaced()
        let (source, sink) = AsyncStream.makeStream(of: RecordBatch.self)
        for batch in table.batches { sink.yield(batch) }
        sink.finish()
        var stream: [UInt8] = []
        try await source.writeArrowStream(schema: table.schema) { segments in
            for segment in segments { stream += [UInt8](segment) }
        }
        #expect(Self.kinds(Bytes(stream)) == "sdbdbdb")
        let read = try Table(ipcStream: Bytes(stream))
        #expect(try Self.column(read, "word") == Self.column(table, "word"))
    }

    @Test func otherFieldsAreRefused() throws {
        var writer = StreamWriter(schema: Schema([Field("a", .int64)]))
        let batch = try RecordBatch(["b": Column([1])])
        let error = #expect(throws: ArrowError.self) { try writer.append(batch) }
        #expect(error?.code == .typeMismatch)
        #expect(error?.stage == .write)
    }

    @Test(arguments: GoldenPair.fixtures + GoldenPair.shared)
    func plannedAndStreamedAreTheSameValues(pair: GoldenPair) throws {
        guard let table = try? Table(ipcStream: TestFile.bytes(pair.stream)) else { return }
        var options = WriteOptions.portable
        options.alwaysWritesValidity = true
        options.usesLargeTypes = true
        var writer = StreamWriter(schema: table.schema, options: options)
        var stream = [UInt8](writer.begin().joined())
        for batch in table.batches { stream += [UInt8](try writer.append(batch).joined()) }
        stream += [UInt8](writer.finish().joined())
        let read = try Table(ipcStream: Bytes(stream))
        let planned = try Table(ipcStream: try table.ipcStream(options: options))
        #expect(read.schema == planned.schema)
        for (one, other) in zip(read.batches, planned.batches) {
            #expect(one.columns.map(\.description) == other.columns.map(\.description))
        }
        for (batch, original) in zip(read.batches, table.batches) {
            #expect(batch.count == original.count)
            for (column, old) in zip(batch.columns, original.columns) {
                #expect(column.type.description != "utf8" && column.type.description != "list")
                #expect(column.nullCount == old.nullCount)
                try column.validate()
            }
        }
    }

    @Test func validityIsWrittenAlwaysWhenAskedFor() throws {
        let table = try Table(["n": Column([1, 2, 3])])
        var options = WriteOptions.portable
        options.alwaysWritesValidity = true
        let plain = try table.ipcStream()
        let full = try table.ipcStream(options: options)
        #expect(full.count == plain.count + 64)
        #expect([UInt8](full).contains(0xFF))
        #expect(try Table(ipcStream: full).batches[0].columns[0].nullCount == 0)
    }

    @Test func largeTypesReachEveryDepth() throws {
        let words = try Column(lists: [1, 1], of: Column(["a", "b"]))
        let table = try Table([
            "words": words, "raw": Column([Bytes([1]), nil]),
            "code": Column(dictionary: [Column(["x", "y"])], indices: [1, 0] as [Int8?]),
        ])
        var options = WriteOptions.portable
        options.usesLargeTypes = true
        let read = try Table(ipcStream: try table.ipcStream(options: options))
        #expect(
            read.schema.fields.map(\.type) == [
                .largeList(Field("item", .largeUTF8)), .largeBinary,
                .dictionary(index: .int8, value: .largeUTF8, isOrdered: false, id: 0),
            ])
        try read.validate(full: true)
        #expect(try read.column("words").chunks[0].list(at: 1)?.text(at: 0) == "b")
        #expect(try Self.column(read, "code") == ["y", "x"])
    }
}
