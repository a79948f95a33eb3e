import ArrowIPC
import BridgeBytes
import TestKit
import Testing

@Suite struct DescriptionTests {
    @Test func tablesShowTheirFirstRows() throws {
        let table = try Table([
            "id": Column([1, 2, nil] as [Int64?]), "name": Column(["Ada", "line\nfeed", nil]),
            "on": Column([true, false, nil]), "raw": Column([Bytes([1, 255]), nil, Bytes()]),
        ])
        let lines = table.excerpt(rows: 2).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "3 rows × 4 columns in 1 batch",
                "id     name       on     raw",
                "int64  utf8       bool   binary",
                "1      Ada        true   0x01ff",
                "2      line feed  false  null",
                "… 1 more row",
            ])
    }

    @Test func everyTypeHasAText() throws {
        let table = try Tables.wide()
        let text = table.excerpt(rows: 100)
        #expect(text.contains("13 rows"))
        #expect(!text.contains("arrow_"))
        for column in table.batches[0].columns { #expect(!column.description.isEmpty) }
        #expect(table.batches[0].columns[0].description == "bool[5]: true, false, null, true, null")
    }

    @Test func longCellsAreCut() throws {
        let table = try Table(["text": Column([String(repeating: "x", count: 100)])])
        #expect(table.excerpt(rows: 1, width: 4).hasSuffix("xxx…"))
    }

    @Test func schemasShowTheirFields() throws {
        let schema = Schema([
            Field("a", .list(Field("item", .int8)), isNullable: false),
            Field("t", .timestamp(.millisecond, zone: "UTC")),
        ])
        #expect(schema.description == "a: list not null\n  item: int8\nt: timestamp[ms,UTC]")
    }
}
