import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// What a person sees of tables.
@Suite struct DescriptionTests {
    private static func lines(_ table: Table, _ format: TableFormat = TableFormat()) -> [String] {
        table.formatted(format).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    @Test func tablesShowTheirFirstRows() throws {
        let table = try Table([
            "id": Column([1, 2, nil] as [Int64?]), "name": Column(["Ada", "line\nfeed", nil]),
            "on": Column([true, false, nil]), "raw": Column([Bytes([1, 255]), nil, Bytes()]),
        ])
        #expect(
            Self.lines(table, TableFormat(rows: 2)) == [
                "   id  name        on     raw",
                "int64  utf8        bool   binary",
                "─────  ──────────  ─────  ────────────",
                "    1  Ada         true   0x01ff (2 B)",
                "    2  line\\nfeed  false  null",
                "",
                "2 of 3 rows, 4 columns, 1 batch",
            ])
    }

    @Test func whatLooksAlikeIsToldApart() throws {
        let table = try Table([
            "text": Column(["", nil, "null", " x"]),
            "raw": Column([Bytes(), nil, Bytes([0]), Bytes([UInt8](repeating: 7, count: 1_000))]),
        ])
        let rows = Self.lines(table)[3..<7].map { $0.split(separator: "  ").map(String.init) }
        #expect(rows.map { $0[0] } == ["\"\"", "null", "\"null\"", "\" x\""])
        #expect(
            rows.map { $0[1] } == [
                "0x (0 B)", "null", "0x00 (1 B)", "0x0707070707070707… (1000 B)",
            ])
    }

    @Test func theSizeOfBinaryStaysInANarrowColumn() throws {
        let raw = Column([
            Bytes([UInt8](repeating: 7, count: 1_000)), Bytes([1, 2]), Bytes([1, 2, 3, 4, 5]),
        ])
        let table = try Table(["raw": raw, "more": Column(["a", "b", "c"])])
        func shown(_ width: Int) -> [String] {
            Self.lines(table, TableFormat(width: width))[3..<6].map {
                String($0.split(separator: "  ")[0])
            }
        }
        #expect(
            shown(40) == ["0x0707070707070707… (1000 B)", "0x0102 (2 B)", "0x0102030405 (5 B)"])
        #expect(shown(22) == ["0x0707… (1000 B)", "0x0102 (2 B)", "0x0102030… (5 B)"])
        #expect(shown(16) == ["0x0… (1000 B)", "0x0102 (2 B)", "0x0102… (5 B)"])
    }

    @Test func theBeginningAndTheEndAreShownWithTheGapBetweenThem() throws {
        let batches = try (0..<4).map { batch in
            try RecordBatch(["n": Column((0..<5).map { Int64(batch * 5 + $0) })])
        }
        let table = try Table(schema: batches[0].schema, batches: batches)
        let lines = Self.lines(table, TableFormat(rows: 6, tail: 2))
        #expect(
            lines.dropFirst(3) == [
                "    0", "    1", "    2", "    3", "    4", "    5", "⋮ 12 more rows", "   18",
                "   19", "", "8 of 20 rows, 1 column, 4 batches",
            ])
        #expect(
            Self.lines(table, TableFormat(rows: 30, tail: 2)).last == "20 rows, 1 column, 4 batches"
        )
        #expect(
            Self.lines(table, TableFormat(rows: -1)).last == "0 of 20 rows, 1 column, 4 batches")
    }

    @Test func momentsAndDurationsHaveTheirUnits() throws {
        let columns: KeyValuePairs<String, (Column, String)> = [
            "day": (Column([Int32(-1)], type: .date32), "1969-12-31"),
            "far": (Column([Int32.max], type: .date32), "2147483647 days since 1970"),
            "utc": (
                Column([Int64(1_500)], type: .timestamp(.millisecond, zone: "UTC")),
                "1970-01-01T00:00:01.500Z"
            ),
            "named": (
                Column([Int64(0)], type: .timestamp(.second, zone: "Europe/Berlin")),
                "1970-01-01T00:00:00Z"
            ),
            "offset": (
                Column([Int64(0)], type: .timestamp(.second, zone: "+05:30")),
                "1970-01-01T05:30:00+05:30"
            ),
            "wall": (
                Column([Int64(1)], type: .timestamp(.nanosecond, zone: nil)),
                "1970-01-01T00:00:00.000000001"
            ),
            "time": (Column([Int32(3_723_004)], type: .time32(.millisecond)), "01:02:03.004"),
            "odd": (Column([Int32(-5)], type: .time32(.second)), "-5 s"),
            "took": (Column([Int64(90_061_500)], type: .duration(.millisecond)), "1d 1h 1m 1.500s"),
            "none": (Column([Int64(0)], type: .duration(.second)), "0s"),
            "least": (
                Column([Int64.min], type: .duration(.second)), "-106751991167300d 15h 30m 8s"
            ),
            "months": (Column([Int32(-14)], type: .interval(.yearMonth)), "-1 year -2 months"),
        ]
        for (name, (column, text)) in columns {
            let shown = Self.lines(try Table([name: column]), TableFormat(width: nil))[3]
            #expect(shown.drop { $0 == " " } == text, "\(name)")
        }
    }

    @Test func nestedValuesShowTheirNames() throws {
        let numbers = Column([1, 2] as [Int64])
        let texts = Column(["a", nil])
        let structure = try Column(structure: [
            (Field("x", .int64), numbers), (Field("y", .utf8), texts),
        ])
        let union = try Column(
            union: [(Field("n", .int64), numbers), (Field("t", .utf8), texts)], choices: [1, 0])
        let map = try Column(maps: [2, nil], keys: Column(["k", "l"]), values: numbers)
        let table = try Table([
            "s": structure, "l": Column(lists: [2, 0], of: numbers), "u": union, "m": map,
            "r": Column(runs: [2], of: Column(["run"])),
        ])
        let rows = Self.lines(table, TableFormat(width: nil))[3..<5]
            .map { $0.split(separator: "  ").map { $0.drop { $0 == " " } } }
        #expect(
            rows[0] == ["{x: 1, y: \"a\"}", "[1, 2]", "t: \"a\"", "{\"k\": 1, \"l\": 2}", "run"])
        #expect(rows[1] == ["{x: 2, y: null}", "[]", "n: 1", "null", "run"])
    }

    @Test func numbersAndMomentsAreNotCut() throws {
        let moments = try Column((0..<2).map { Timestamp(seconds: 1_000_000_000 + $0) })
        let table = try Table([
            "a": Column(["a long text to be cut", "b"]), "n": Column([1_234_567_890_123, 2]),
            "at": moments, "b": Column(["another long text", "c"]),
        ])
        let lines = Self.lines(table, TableFormat(width: 64))
        #expect(
            lines.contains { $0.contains("1234567890123") && $0.contains("2001-09-09T01:46:40Z") })
        #expect(lines.contains { $0.contains("2001-09-09T01:46:41Z") })
        #expect(lines.dropLast(2).allSatisfy { DisplayWidth.of($0) <= 64 })
    }

    @Test func linesFitTheWidth() throws {
        let long = String(repeating: "word ", count: 50)
        var columns: [(String, Column)] = []
        for index in 0..<40 {
            columns.append(("column \(index)", Column([long, "日本語", "e\u{301}"])))
        }
        let schema = Schema(columns.map { Field($0.0, $0.1.type) })
        let table = try Table(
            schema: schema, batches: [RecordBatch(schema: schema, columns: columns.map(\.1))])
        for width in [1, 5, 20, 80, 200, 1_000] {
            for line in Self.lines(table, TableFormat(width: width)).dropLast(2) {
                #expect(DisplayWidth.of(line) <= max(width, 1), "\(width): \(line)")
            }
        }
        let lines = Self.lines(table, TableFormat(width: 80))
        #expect(lines[lines.count - 2] == "3 rows, 6 of 40 columns, 1 batch")
        #expect(lines.last?.hasPrefix("not shown: column 6 (utf8), column 7 (utf8)") == true)
    }

    @Test func wideCharactersLineUp() throws {
        let table = try Table([
            "a": Column(["日本", "e\u{301}t\u{301}", "👍🏽", "x"]), "b": Column([1, 2, 3, 4] as [Int8]),
        ])
        let lines = Self.lines(table)
        #expect(Set(lines[3..<7].map { DisplayWidth.of($0) }).count == 1)
    }

    @Test func nothingSteersTheTerminal() throws {
        let evil = "\u{1B}]0;title\u{07}\u{9B}31m\u{202E}\u{85}\u{2028}"
        let schema = Schema([Field("n" + evil, .utf8)], metadata: ["k" + evil: evil])
        let table = try Table(
            schema: schema, batches: [RecordBatch(schema: schema, columns: [Column([evil])])])
        let texts = [table.description, table.batches[0].columns[0].description]
        for text in texts + ["\(table.columns[0])"] {
            let harmful = text.unicodeScalars.filter { DisplayWidth.isHarmful($0) && $0 != "\n" }
            #expect(harmful.isEmpty)
            #expect(text.contains("title"))
        }
    }

    @Test func aHugeValueCostsWhatIsShownOfIt() throws {
        // 200 MB of text and as many items, of which a line shows forty characters.
        let text = Bytes([UInt8](repeating: 0x78, count: 200 << 20))
        let cells = try Table([
            "text": Column([text], type: .binary).viewed(as: .utf8),
            "list": Column(lists: [1 << 24], of: Column(nulls: 1 << 24)),
        ])
        let lines = Self.lines(cells)
        #expect(lines[3].hasPrefix("xxxx") && lines[3].contains("…") && lines[3].count < 100)
        #expect(lines[3].contains("[null, null"))
    }

    @Test func colorsAreOnlyThereWhenTheyAreAskedFor() throws {
        let table = try Table(["a": Column([nil, "x"])])
        #expect(!table.description.contains("\u{1B}"))
        let colored = table.formatted(TableFormat(usesColor: true))
        #expect(
            colored.contains("\u{1B}[1ma\u{1B}[0m") && colored.contains("\u{1B}[2mnull\u{1B}[0m"))
    }

    @Test func extensionTypesShowWhatTheyMean() throws {
        let id = Bytes([UInt8](0..<16))
        let fields = [
            Field("id", extension: .uuid), Field("on", extension: .bool8),
            Field(
                "price",
                extension: ExtensionType("shop.money", storage: .int64, parameters: "EUR")),
        ]
        let columns = [
            try Column(scalars: [.bytes(id)], type: .fixedSizeBinary(width: 16)), Column([Int8(1)]),
            Column([Int64(1_250)]),
        ]
        let schema = Schema(fields)
        let table = try Table(
            schema: schema, batches: [RecordBatch(schema: schema, columns: columns)])
        var extensions = ExtensionRegistry()
        extensions.register("shop.money") { column, row in
            (try? column.number(Int64.self, at: row)).flatMap { $0 }.map { "\($0 / 100) euro" }
        }
        let lines = Self.lines(table, TableFormat(extensions: extensions))
        #expect(lines[3].contains("00010203-0405-0607-0809-0a0b0c0d0e0f"))
        #expect(lines[3].contains("true") && lines[3].contains("12 euro"))
        // Unknown or not, the name and its parameters are passed on.
        let read = try Table(ipcStream: table.ipcStream())
        #expect(read.schema.fields.map(\.extensionType) == fields.map(\.extensionType))
        #expect(read.schema.fields[2].extensionType?.parameters == Bytes(utf8: "EUR"))
    }

    @Test func everyTypeHasAText() throws {
        let table = try Tables.wide()
        #expect(table.description.hasSuffix("batches") || table.description.contains("13 rows"))
        #expect(!table.formatted(TableFormat(rows: 100, width: nil)).contains("<invalid"))
        for column in table.batches[0].columns { #expect(!column.description.isEmpty) }
        #expect(table.batches[0].columns[0].description == "bool[5]: true, false, null, true, null")
    }

    @Test func schemasAreWrittenAsArrowPeopleWriteThem() throws {
        let schema = Schema([
            Field("a", .list(Field("item", .int8)), isNullable: false),
            Field("t", .timestamp(.millisecond, zone: "UTC")),
            Field(
                "s",
                .structure([
                    Field("x", .utf8), Field("y", .decimal(.bits128, precision: 9, scale: 2)),
                ])),
            Field("d", .dictionary(index: .int8, value: .utf8, isOrdered: false, id: 0)),
        ])
        #expect(
            schema.description == """
                a: list<item: int8> not null
                t: timestamp[ms, tz=UTC]
                s: struct<x: utf8, y: decimal128(9, 2)>
                d: dictionary<values=utf8, indices=int8>
                """)
    }
}
