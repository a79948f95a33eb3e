import ArrowIPC
import BridgeBytes
import Testing

/// `TableDescription`: what each column, and each field inside one, holds.
struct TableDescriptionTests {
    private static func describe(_ batches: [RecordBatch]) throws -> [String: [String?]] {
        var description = TableDescription(batches[0].schema)
        for batch in batches { try description.add(batch) }
        let table = try description.table()
        let names = try table.column("column").values(as: String.self)
        var rows: [String: [String?]] = [:]
        for (index, name) in names.enumerated() {
            var row: [String?] = []
            for number in ["count", "nulls"] {
                row.append(String(try table.column(number).values(as: Int.self)[index]))
            }
            for text in ["distinct", "min", "max"] {
                row.append(try table.column(text).values(as: String?.self)[index])
            }
            rows[name] = row
        }
        return rows
    }

    @Test func fieldsInsideColumnsAreDescribed() throws {
        let points = try Column(structure: [
            (Field("x", .int64), Column([3, 1, 2] as [Int64])),
            (Field("y", .utf8), Column(["b", nil, "a"])),
        ])
        let batch = try RecordBatch([
            "p": points, "l": Column(lists: [2, nil, 1], of: Column([7, nil, 9] as [Int64?])),
            "m": Column(maps: [1, 0, nil], keys: Column(["k"]), values: Column([5] as [Int64])),
        ])
        let rows = try Self.describe([batch, batch])
        #expect(rows["p"] == ["6", "0", nil, nil, nil])
        #expect(rows["p.x"] == ["6", "0", "3", "1", "3"])
        #expect(rows["p.y"] == ["6", "2", "2", "a", "b"])
        #expect(rows["l"] == ["6", "2", nil, nil, nil])
        #expect(rows["l.item"] == ["6", "2", "2", "7", "9"])
        #expect(rows["m"] == ["6", "2", nil, nil, nil])
        #expect(rows["m.entries.key"] == ["2", "0", "1", "k", "k"])
        #expect(rows["m.entries.value"] == ["2", "0", "1", "5", "5"])
    }

    @Test func linesForPeopleTellOfTheDescribedTable() throws {
        let batch = try RecordBatch([
            "id": Column([1, 2, nil] as [Int64?]), "name": Column(["", "null", nil]),
            "none": Column(nulls: 3),
        ])
        var description = TableDescription(batch.schema)
        try description.add(batch)
        try description.add(batch)
        #expect(
            try description.lines(TableFormat()) == [
                "column  type   count  nulls  distinct  min  max",
                "──────  ─────  ─────  ─────  ────────  ───  ──────",
                "id      int64      6      2         2  1    2",
                "name    utf8       6      2         2  \"\"   \"null\"",
                "none    null       6      6         0  –    –", "",
                "6 rows, 3 columns, 2 batches",
            ])
    }

    @Test func membersOfUnionsCountTheirOwnValues() throws {
        let union = try Column(
            union: [
                (Field("n", .int64), Column([1, 2, 3] as [Int64])),
                (Field("t", .utf8), Column(["a", nil, "c"])),
            ], choices: [1, 0, 1])
        let rows = try Self.describe([RecordBatch(["u": union])])
        #expect(rows["u"] == ["3", "0", nil, nil, nil])
        #expect(rows["u.n"] == ["1", "0", "1", "1", "1"])
        #expect(rows["u.t"] == ["2", "1", "1", "a", "a"])
    }

    @Test func whatDictionariesAndRunsStandForIsDescribed() throws {
        let pairs = try Column(structure: [(Field("x", .int64), Column([5, 6] as [Int64]))])
        let batch = try RecordBatch([
            "d": Column(dictionary: [pairs], indices: [0, nil, 0] as [Int8?]),
            "r": Column(runs: [2, 1], of: pairs),
        ])
        let rows = try Self.describe([batch])
        #expect(rows["d"] == ["3", "1", nil, nil, nil])
        #expect(rows["d.x"] == ["2", "0", "1", "5", "5"])
        #expect(rows["r"] == ["3", "0", nil, nil, nil])
        #expect(rows["r.x"] == ["3", "0", "2", "5", "6"])
    }

    @Test func extensionTypesKeepTheirWords() throws {
        let bytes = (0..<2).map { Bytes([UInt8](repeating: 0, count: 15) + [$0]) }
        let storage = try Column(
            scalars: bytes.map { .bytes($0) }, type: .fixedSizeBinary(width: 16))
        let schema = Schema([Field("id", extension: .uuid)])
        let rows = try Self.describe([RecordBatch(schema: schema, columns: [storage])])
        let first = "00000000-0000-0000-0000-000000000000"
        #expect(rows["id"] == ["2", "0", "2", first, String(first.dropLast()) + "1"])
    }

    @Test func listsThatShareTheirItemsTooOftenAreRefused() throws {
        let items = Column([Int64](0..<100_000))
        let shared = try Column(
            listViews: (0..<10_000).map { _ in 0..<100_000 }, of: items)
        var description = TableDescription(Schema([Field("l", shared.type)]))
        #expect {
            try description.add(RecordBatch(["l": shared]))
        } throws: {
            ($0 as? ArrowError)?.code == .limitExceeded
        }
    }
}
