import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Columns of tables by name, over all batches.
@Suite struct TableColumnTests {
    private static func table() throws -> Table {
        let batch = try RecordBatch(["id": Column([1, 2, 3]), "name": Column(["a", nil, "c"])])
        let more = try RecordBatch(["id": Column([4, 5]), "name": Column(["d", "e"])])
        return try Table(schema: batch.schema, batches: [batch, batch[0..<0], more])
    }

    @Test func `a column is found by its name`() throws {
        let table = try Self.table()
        #expect(table["id"]?.count == 5 && table["none"] == nil)
        #expect(table.columnNames == ["id", "name"])
        #expect(table.rowCount == 5 && table.columnCount == 2)
        #expect(table.columns.map(\.name) == ["id", "name"])
        #expect(table.schema["name"]?.type == .utf8)
        #expect(table.batches[0]["id"]?.count == 3)
        let error = #expect(throws: ArrowError.self) { try table.column("nmae") }
        #expect(error?.code == .columnNotFound)
        #expect(error?.message == "there is no column \"nmae\"; there are \"id\", \"name\"")
    }

    @Test func `values go over all batches`() throws {
        let table = try Self.table()
        let ids = try table.column("id").values(as: Int.self)
        #expect(Array(ids) == [1, 2, 3, 4, 5])
        #expect(ids.indices.map { ids[$0] } == [1, 2, 3, 4, 5])
        #expect(try table["id"]?.values(as: Int.self).reduce(0, +) == 15)
        #expect(Array(ids[2..<4]) == [3, 4] && ids.last == 5)
        let names = try table.column("name")
        #expect(Array(try names.values(as: String?.self)) == ["a", nil, "c", "d", "e"])
        #expect(names.nullCount == 1)
        #expect((0..<5).map { names.isNull(at: $0) } == [false, true, false, false, false])
    }

    @Test func `nothing is copied`() throws {
        let table = try Self.table()
        let column = try table.column("id")
        let whole = column.chunks[0]
        let part = column[1..<4]
        #expect(part.chunks.map(\.count) == [2, 1])
        let cut = part.chunks[0]
        let span = try whole.span(as: Int.self)
        let rest = try cut.span(as: Int.self)
        let address = unsafe span.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        let shifted = unsafe rest.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(shifted == address + 8)
    }

    @Test func `rows and columns of a table are chosen`() throws {
        let table = try Self.table()
        #expect(Array(try table[1..<4].column("id").values(as: Int.self)) == [2, 3, 4])
        #expect(table[2..<2].count == 0 && table[2..<2].columnNames == table.columnNames)
        #expect(table.prefix(2).count == 2 && table.prefix(99).count == 5)
        let names = try table.select(["name"])
        #expect(names.columnNames == ["name"] && names.count == 5)
        #expect(throws: ArrowError.self) { try table.select(["name", "x"]) }
        let back = try Table(ipcStream: try table[1..<4].select(["name", "id"]).ipcStream())
        #expect(back.columnNames == ["name", "id"])
        #expect(Array(try back.column("name").values(as: String?.self)) == [nil, "c", "d"])
    }

    @Test func `what is printed can be read`() throws {
        let table = try Self.table()
        #expect("\(try table.column("id"))" == "id: int64[5]: 1, 2, 3, 4, 5")
        #expect("\(try table.column("id").values(as: Int.self))" == "[1, 2, 3, 4, 5]")
        #expect(
            "\(Field("n", .list(Field("item", .int8)), isNullable: false))"
                == "n: list<item: int8> not null")
        #expect("\(["a": "b"] as Metadata)" == "[a: b]")
        #expect("\(Bitmap(count: 3) { $0 == 1 })" == "Bitmap(010)")
        let moments = try Column([Timestamp(seconds: 1, nanoseconds: 5_000), nil])
        #expect("\(moments)".hasSuffix("[2]: 1970-01-01T00:00:01.000005Z, null"))
        let days = Column([Int32(-1)], type: .date32)
        #expect("\(days)" == "date32[1]: 1969-12-31")
        let wall = try Column(
            [Timestamp(seconds: 0)], type: .timestamp(.second, zone: nil))
        #expect("\(wall)" == "timestamp[s][1]: 1970-01-01T00:00:00")
    }
}
