import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Columns of every type are built of single values and of rows, written, and read again.
@Suite struct EveryTypeTests {
    private static let decimal = DataType.decimal(.bits128, precision: 9, scale: 2)

    private static func item(_ type: DataType) -> Field { Field("item", type) }

    /// A type, values of it, and what they are shown as.
    private static let scalars: [(DataType, [ArrowScalar], [String])] = [
        (decimal, [.text("12.5"), .integer(-3), .text("1e3")], ["12.50", "-3.00", "1000.00"]),
        (.decimal(.bits32, precision: 9, scale: 0), [.unsigned(7)], ["7"]),
        (.decimal(.bits64, precision: 18, scale: -2), [.text("1200")], ["1200"]),
        (
            .decimal(.bits256, precision: 76, scale: 1),
            [.text("-" + String(repeating: "9", count: 75) + ".9")],
            ["-" + String(repeating: "9", count: 75) + ".9"]
        ),
        (.fixedSizeBinary(width: 2), [.bytes([1, 255])], ["0x01ff (2 B)"]),
        (
            .utf8View, [.text("short"), .text("longer than twelve bytes")],
            ["short", "longer than twelve bytes"]
        ),
        (.binaryView, [.bytes([1])], ["0x01 (1 B)"]),
        (.largeUTF8, [.text("x")], ["x"]), (.largeBinary, [.bytes([2])], ["0x02 (1 B)"]),
        (.float16, [.float(1.5)], ["1.5"]),
        (.time32(.second), [.duration(.seconds(61))], ["00:01:01"]),
        (.time64(.nanosecond), [.duration(.nanoseconds(1))], ["00:00:00.000000001"]),
        (
            .duration(.millisecond), [.duration(.milliseconds(-1_500)), .integer(2)],
            ["-1.500s", "0.002s"]
        ),
        (.interval(.yearMonth), [.interval(CalendarInterval(months: 13))], ["1 year 1 month"]),
        (
            .interval(.dayTime), [.interval(CalendarInterval(days: 1, nanoseconds: 2_000_000))],
            ["1 day 0.002s"]
        ),
        (
            .interval(.monthDayNano),
            [.interval(CalendarInterval(months: -1, days: 2, nanoseconds: 3_000_000_000))],
            ["-1 month 2 days 3s"]
        ),
        (.date32, [.moment(Timestamp(seconds: 86_400))], ["1970-01-02"]),
        (
            .dictionary(index: .int8, value: decimal, isOrdered: false, id: 0),
            [.text("1"), .text("2"), .text("1")], ["1.00", "2.00", "1.00"]
        ),
        (
            .runEndEncoded(
                runEnds: Field("run_ends", .int16, isNullable: false),
                values: Field("values", .utf8)),
            [.text("a"), .text("a"), .text("b")], ["a", "a", "b"]
        ),
        (
            .union(.dense, fields: [Field("n", .int64), Field("t", .utf8)], typeCodes: [5, 7]),
            [.integer(1), .text("x"), .integer(2)], ["n: 1", "t: \"x\"", "n: 2"]
        ),
        (
            .union(.sparse, fields: [Field("n", .int64), Field("t", .utf8)], typeCodes: [0, 1]),
            [.text("x"), .integer(1)], ["t: \"x\"", "n: 1"]
        ),
    ]

    @Test func singleValuesOfEveryTypeComeBack() throws {
        for (type, values, texts) in Self.scalars {
            let column = try Column(scalars: values + [nil], type: type)
            let table = try Table(["c": column])
            for bytes in [try table.ipcStream(), try table.ipcFile()] {
                let read = try Table(ipcStream: bytes)
                try read.validate(full: true)
                #expect(read.schema.fields[0].type == type)
                let lines = read.formatted(TableFormat(width: nil, cellWidth: 100)).split(
                    separator: "\n")
                let shown = lines[3..<3 + values.count].map { $0.drop { $0 == " " } }
                #expect(shown.map(String.init) == texts, "\(type)")
            }
        }
    }

    @Test func whatIsNotExactIsRefused() {
        let refused: [(DataType, ArrowScalar)] = [
            (Self.decimal, .text("1.005")), (Self.decimal, .text("12345678")),
            (Self.decimal, .text("1.2.3")), (Self.decimal, .text("")), (Self.decimal, .text("1e")),
            (Self.decimal, .text("-")), (Self.decimal, .float(1)), (Self.decimal, .text("1e1001")),
            (Self.decimal, .text("9999999999999999999999999999")),
            (.fixedSizeBinary(width: 2), .bytes([1])),
            (.duration(.second), .duration(.milliseconds(1))),
            (.interval(.yearMonth), .interval(CalendarInterval(days: 1))),
            (.interval(.dayTime), .interval(CalendarInterval(nanoseconds: 1))),
            (.int128, .text("170141183460469231731687303715884105728")),
            (.uint128, .integer(-1)), (.utf8View, .bytes([1])),
            (.union(.dense, fields: [Field("n", .int64)], typeCodes: [0]), .text("x")),
        ]
        for (type, value) in refused {
            let error = #expect(throws: ArrowError.self, "\(type) \(value)") {
                try Column(scalars: [value], type: type)
            }
            #expect(error?.code == .invalidRow)
        }
    }

    private struct Row: Codable, Equatable {
        var price: String
        var wait: Duration
        var every: CalendarInterval?
        var pair: [Int]
        var view: [String]
        var kind: String?
        var run: Int
        var tags: [String: Int]
    }

    private static let schema = Schema([
        Field("price", decimal, isNullable: false), Field("wait", .duration(.millisecond)),
        Field("every", .interval(.monthDayNano)),
        Field("pair", .fixedSizeList(item(.int16), count: 2)),
        Field("view", .listView(item(.utf8View))),
        Field("kind", .dictionary(index: .uint8, value: .largeUTF8, isOrdered: true, id: 4)),
        Field(
            "run",
            .runEndEncoded(
                runEnds: Field("run_ends", .int32, isNullable: false),
                values: Field("values", .int64))),
        Field(
            "tags",
            .map(
                entries: Field(
                    "entries",
                    .structure([Field("key", .utf8, isNullable: false), Field("value", .int32)]),
                    isNullable: false), keysSorted: false)),
    ])

    private static let rows = [
        Row(
            price: "12.50", wait: .milliseconds(1), every: CalendarInterval(months: 1),
            pair: [1, 2],
            view: ["a", "longer than twelve bytes"], kind: "x", run: 7, tags: ["k": 1]),
        Row(
            price: "0.00", wait: .seconds(-2), every: nil, pair: [3, 4], view: [], kind: nil,
            run: 7,
            tags: [:]),
        Row(
            price: "-1.25", wait: .zero, every: CalendarInterval(days: -1, nanoseconds: 5),
            pair: [5, 6], view: ["b"], kind: "x", run: 8, tags: ["a": 1, "b": 2]),
    ]

    @Test func rowsOfEveryTypeComeBack() throws {
        let table = try Table(rows: Self.rows, schema: Self.schema)
        for bytes in [try table.ipcStream(), try table.ipcFile()] {
            let read = try Table(ipcStream: bytes)
            try read.validate(full: true)
            #expect(read.schema == Self.schema)
            #expect(try read.rows(as: Row.self) == Self.rows)
        }
    }

    @Test func batchesAreBuiltRowByRow() throws {
        var builder = try BatchBuilder(schema: Self.schema)
        var batches: [RecordBatch] = []
        for (number, row) in (Self.rows + Self.rows).enumerated() {
            try builder.append(row)
            if number % 2 == 1 { batches.append(try builder.finish()) }
        }
        #expect(builder.count == 0)
        let table = try Table(schema: Self.schema, batches: batches)
        #expect(table.batches.map(\.count) == [2, 2, 2])
        #expect(try Table(ipcFile: table.ipcFile()).rows(as: Row.self) == Self.rows + Self.rows)
        #expect(throws: ArrowError.self) { try builder.append(["unknown": 1]) }
    }

    @Test func columnsAreBuiltValueByValue() throws {
        var builder = try ColumnBuilder(.list(Self.item(Self.decimal)))
        try builder.append(["1.5", "2"])
        try builder.appendNull()
        try builder.append(nil as [String]?)
        #expect(builder.count == 3)
        let column = try builder.finish()
        #expect(column.description.hasSuffix("[3]: [1.50, 2.00], null, null"))
        try builder.append([] as [String])
        #expect(try builder.finish().count == 1)
        var strict = try ColumnBuilder(Field("n", .int8, isNullable: false))
        #expect(throws: ArrowError.self) { try strict.appendNull() }
        #expect(throws: ArrowError.self) { try strict.append(.integer(300)) }
        try strict.append(.integer(3))
        #expect(try strict.finish().count == 1)
    }

    @Test func optionalsThatAreAllNilKeepTheirType() throws {
        struct Sparse: Codable {
            var number: Int16?
            var wait: Duration?
            var every: CalendarInterval?
            var list: [String]?
        }
        let table = try Table(rows: [Sparse(), Sparse()])
        #expect(
            table.schema.fields.map(\.type) == [
                .int16, .duration(.nanosecond), .interval(.monthDayNano), .list(Self.item(.utf8)),
            ])
    }

    @Test func listsOfAnotherSizeAreRefused() throws {
        let schema = Schema([Field("pair", .fixedSizeList(Self.item(.int16), count: 2))])
        let error = #expect(throws: ArrowError.self) {
            try Table(rows: [["pair": [1, 2]], ["pair": [1]]], schema: schema)
        }
        #expect(error?.code == .invalidRow)
    }

    @Test func nestedColumnsThatDoNotFitAreRefused() throws {
        let items = Column([1, 2, 3] as [Int64])
        #expect(throws: ArrowError.self) { try Column(fixedSizeLists: 2, of: items) }
        #expect(throws: ArrowError.self) { try Column(listViews: [2..<4], of: items) }
        #expect(throws: ArrowError.self) { try Column(runs: [1, 0, 2], of: items) }
        #expect(throws: ArrowError.self) { try Column(runs: [1], of: items) }
        #expect(throws: ArrowError.self) {
            try Column(union: [(Field("a", .int64), items)], choices: [1])
        }
        #expect(throws: ArrowError.self) {
            try Column(union: [(Field("a", .int64), items)], choices: [0], mode: .sparse)
        }
        #expect(throws: ArrowError.self) {
            try Column(maps: [1], keys: Column([nil] as [String?]), values: Column([1] as [Int8]))
        }
        let empty = try Column(
            fixedSizeLists: 0, of: Column([] as [Int8]), validity: [true, false])
        #expect(empty.count == 2 && empty.nullCount == 1)
    }
}
