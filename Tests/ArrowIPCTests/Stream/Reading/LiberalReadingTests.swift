import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// What the format allows, or every other reader reads, is read.
@Suite struct LiberalReadingTests {
    @Test func aNullCountOfMinusOneIsCounted() throws {
        let stream = try Table(["a": Column([7, nil, 9] as [Int32?])]).ipcStream()
        let unknown = try Forgery.replacing([3, 1], by: [3, -1], in: stream)
        let read = try Table(ipcStream: unknown)
        #expect(Array(try read.column("a").values(as: Int32?.self)) == [7, nil, 9])
        // Without a bitmap nothing is null; below -1 there is nothing.
        let none = try Table(["a": Column([7, 8, 9] as [Int32])]).ipcStream()
        let full = try Table(ipcStream: Forgery.replacing([3, 0], by: [3, -1], in: none))
        #expect(Array(try full.column("a").values(as: Int32.self)) == [7, 8, 9])
        let bad = try Forgery.replacing([3, 1], by: [3, -2], in: stream)
        #expect(throws: ArrowError.self) { try Table(ipcStream: bad) }
    }

    @Test func aDictionaryThatOnlyNullsNeedMayBeMissing() throws {
        let table = try Table(ipcStream: FileWriterTests.withoutDictionary())
        try table.validate(full: true)
        #expect(Array(try table.column("w").values(as: String?.self)) == [nil, nil])
        #expect(table.description.contains("null"))
        struct Row: Decodable { var w: String? }
        #expect(try table.rows(as: Row.self).map(\.w) == [nil, nil])
    }

    @Test func rowsThatAreNoneNeedNoDictionary() throws {
        let column = try Column(dictionary: [Column(["x"])], indices: [] as [Int8?])
        let forge = try FileForge(try Table(["w": column]))
        let table = try Table(ipcStream: Bytes(forge.messages[0] + forge.messages[2]))
        try table.validate(full: true)
        #expect(table.count == 0)
        #expect(try table.schema == Table(["w": column]).schema)
        #expect(Array(try table.column("w").values(as: String?.self)) == [])
    }

    @Test func aDictionaryThatIsNeededMayNot() throws {
        let column = try Column(dictionary: [Column(["x"])], indices: [0, nil] as [Int8?])
        let forge = try FileForge(try Table(["w": column]))
        let bytes = Bytes(forge.messages[0] + forge.messages[2])
        let error = #expect(throws: ArrowError.self) { try Table(ipcStream: bytes) }
        #expect(error?.code == .invalidBatch)
    }

    @Test func rowsWithoutDataMayBeAsManyAsThoseWithIt() throws {
        let rows = 17_000_000
        let data = Column([Int8](repeating: 0, count: rows))
        let table = try Table(["none": Column(nulls: rows), "data": data])
        var options = WriteOptions.portable
        options.compression = .lz4
        for stream in [try table.ipcStream(), try table.ipcStream(options: options)] {
            #expect(try Table(ipcStream: stream).count == rows)
            #expect(try Table(ipcStream: stream, columns: .named(["none"])).count == rows)
            #expect(try Table(ipcStream: stream, columns: .at([])).count == rows)
        }
        let bare = try Table(["none": Column(nulls: rows)]).ipcStream()
        let error = #expect(throws: ArrowError.self) { try Table(ipcStream: bare) }
        #expect(error?.code == .limitExceeded)
    }

    @Test func sixtyFourLevelsAreRead() throws {
        func nested(_ levels: Int) throws -> Bytes {
            var column = Column([1] as [Int8])
            for _ in 1..<levels { column = try Column(lists: [column.count], of: column) }
            return try Table(["a": column]).ipcStream()
        }
        let read = try Table(ipcStream: nested(64))
        try read.validate(full: true)
        #expect(try read.ipcStream() == nested(64))
        #expect(!read.description.isEmpty)
        let error = #expect(throws: ArrowError.self) { try Table(ipcStream: nested(65)) }
        #expect(error?.code == .limitExceeded)
        var limits = ArrowLimits.default
        limits.maxNesting = 65
        #expect(try Table(ipcStream: nested(65), limits: limits).count == 1)
    }

    @Test func metadataIsKeptByteForByte() throws {
        let bytes = Bytes([0x80, 0x04, 0x95, 0xFF, 0])
        let metadata = Metadata([
            Metadata.Entry(key: bytes, value: "text"), Metadata.Entry(key: "pickle", value: bytes),
        ])
        let schema = Schema([Field("a", .int8, metadata: metadata)], metadata: metadata)
        let batch = try RecordBatch(
            schema: schema, columns: [Column([Int8(1)])], metadata: metadata)
        for written in [try Table(batch).ipcStream(), try Table(batch).ipcFile()] {
            let read = try Table(ipcStream: written)
            #expect(read.schema == schema && read.batches[0].metadata == metadata)
        }
        #expect(
            metadata.bytes("pickle") == bytes && metadata["pickle"]?.contains("\u{FFFD}") == true)
        #expect(!metadata.description.contains("\u{FFFD}"))
        let form = try ArrowJSONFormText.of(Table(batch))
        #expect(form.contains("[\"pickle\",{\"hex\":\"800495ff00\"}]"))
    }

    @Test func integersOf128BitsAreReadAndPassedOn() throws {
        let column = try Column(
            scalars: [.integer(-1), .text("170141183460469231731687303715884105727"), nil],
            type: .int128)
        let unsigned = try Column(
            scalars: [.unsigned(1), .text("340282366920938463463374607431768211455"), nil],
            type: .uint128)
        let table = try Table(["i": column, "u": unsigned])
        let read = try Table(ipcStream: table.ipcStream())
        #expect(read.schema == table.schema)
        #expect(try read.batches[0].columns[0].decimalText(at: 0) == "-1")
        #expect(
            try read.batches[0].columns[1].decimalText(at: 1)
                == "340282366920938463463374607431768211455")
    }
}
