import ArrowIPC
import BridgeBytes
import Foundation
import TestKit
import Testing

private enum Color: String, Codable { case red, green }

private struct Point: Codable, Equatable {
    var x: Double
    var label: String?
}

private struct Everything: Codable, Equatable {
    var flag: Bool
    var int: Int
    var int8: Int8
    var int16: Int16
    var int32: Int32
    var uint: UInt
    var uint8: UInt8
    var uint16: UInt16
    var uint32: UInt32
    var uint64: UInt64
    var float: Float
    var double: Double
    var text: String
    var maybe: Int64?
    var never: Float?
    var color: Color
    var raw: Bytes
    var moment: Timestamp
    var point: Point
    var other: Point?
    var list: [Int16]
    var lists: [[String?]]
    var points: [Point]
    var counts: [String: Int]
    var byNumber: [Int: Point]?

    static func make(_ seed: Int) -> Everything {
        Everything(
            flag: seed % 2 == 0, int: seed == 0 ? .min : seed, int8: .min, int16: .max,
            int32: Int32(seed), uint: .max, uint8: .max, uint16: UInt16(seed), uint32: .max,
            uint64: .max, float: 1.5, double: seed == 1 ? .infinity : 0.1,
            text: "row \(seed) ü", maybe: seed % 3 == 1 ? nil : Int64(seed), never: nil,
            color: seed % 2 == 0 ? .red : .green, raw: Bytes([UInt8(seed), 255]),
            moment: Timestamp(seconds: -1, nanoseconds: 999_999_999),
            point: Point(x: Double(seed), label: seed == 2 ? nil : "p"),
            other: seed == 1 ? Point(x: 2, label: nil) : nil,
            list: Array(repeating: 7, count: seed), lists: seed == 0 ? [] : [["a", nil], []],
            points: seed == 2 ? [Point(x: 1, label: "q")] : [],
            counts: seed == 1 ? [:] : ["b": 2, "a": seed],
            byNumber: seed == 2 ? [4: Point(x: 1, label: nil)] : nil)
    }
}

/// Rows of `Codable` structures into columns and back.
@Suite struct RowsTests {
    private static let rows = (0..<4).map { Everything.make($0) }

    @Test func everythingComesBack() throws {
        let table = try Table(rows: Self.rows)
        try table.validate(full: true)
        #expect(try table.rows(as: Everything.self) == Self.rows)
        let read = try Table(ipcStream: try table.ipcStream())
        #expect(try read.rows(as: Everything.self) == Self.rows)
        #expect(try read[rows: 1..<3] == Array(Self.rows[1..<3]))
    }

    @Test func typesFollowFromTheRows() throws {
        let schema = try Table(rows: Self.rows).schema
        let names = schema.fields.map { "\($0.name): \($0.type)\($0.isNullable ? "?" : "")" }
        let point = "struct<x: float64 not null, label: utf8>"
        #expect(
            names == [
                "flag: bool", "int: int64", "int8: int8", "int16: int16", "int32: int32",
                "uint: uint64", "uint8: uint8", "uint16: uint16", "uint32: uint32",
                "uint64: uint64", "float: float32", "double: float64", "text: utf8",
                "maybe: int64?", "never: float32?", "color: utf8", "raw: binary",
                "moment: timestamp[ns, tz=UTC]", "point: \(point)",
                "other: struct<x: float64, label: utf8>?", "list: list<item: int16>",
                "lists: list<item: list<item: utf8>>", "points: list<item: \(point)>",
                "counts: map<utf8, int64>", "byNumber: map<int64, \(point)>?",
            ])
        let nested = try #require(schema.fields.first { $0.name == "point" })
        #expect(
            nested.type.children == [
                Field("x", .float64, isNullable: false), Field("label", .utf8),
            ])
        let counts = try #require(schema.fields.first { $0.name == "counts" })
        #expect(
            counts.type.children[0].type.children == [
                Field("key", .utf8, isNullable: false), Field("value", .int64),
            ])
    }

    @Test func aSchemaNamesOtherTypes() throws {
        struct Row: Codable, Equatable {
            var id: Int
            var at: Timestamp
            var day: Int
            var kind: String
            var size: Double?
            var data: Data
            var tags: [String]
        }
        let rows = [
            Row(
                id: 1, at: Timestamp(milliseconds: 1_500), day: -1, kind: "b", size: 0.5,
                data: Data([1, 2]), tags: ["x"]),
            Row(
                id: 255, at: Timestamp(milliseconds: -1), day: 9, kind: "a", size: nil,
                data: Data(),
                tags: []),
            Row(
                id: 0, at: Timestamp(milliseconds: 0), day: 0, kind: "b", size: 1, data: Data([9]),
                tags: ["y", "z"]),
        ]
        let schema = Schema(
            [
                Field("kind", .dictionary(index: .int8, value: .utf8, isOrdered: false, id: 3)),
                Field("id", .uint8, isNullable: false), Field("day", .date32),
                Field("at", .timestamp(.millisecond, zone: nil)), Field("size", .float16),
                Field("data", .largeBinary), Field("tags", .largeList(Field("t", .largeUTF8))),
            ], metadata: ["a": "b"])
        let table = try Table(rows: rows, schema: schema)
        #expect(table.schema == schema)
        try table.validate(full: true)
        let read = try Table(ipcStream: try table.ipcStream())
        #expect(read.schema == schema)
        #expect(try read.rows(as: Row.self) == rows)
        #expect(Array(try read.column("day").values(as: Int32?.self)) == [-1, 9, 0])
    }

    private func failure(_ body: () throws -> Void) -> ArrowError? {
        do { try body() } catch let error as ArrowError { return error } catch {
            Issue.record("another error: \(error)")
        }
        return nil
    }

    @Test func whatDoesNotFitIsToldWithItsPlace() throws {
        struct Row: Codable { var points: [Point] }
        let rows = [
            Row(points: []), Row(points: [Point(x: 1, label: "a"), Point(x: 2, label: nil)]),
        ]
        let point = DataType.structure([
            Field("x", .float64), Field("label", .utf8, isNullable: false),
        ])
        let schema = Schema([Field("points", .list(Field("item", point)))])
        let error = failure { _ = try Table(rows: rows, schema: schema) }
        #expect(error?.code == .invalidRow)
        #expect(error?.stage == .row)
        #expect(error?.field == "points[].label")
        #expect(error?.message.hasSuffix("in row 1") == true)
        let table = try Table(rows: rows)
        struct Strict: Codable {
            var points: [Inner]
            struct Inner: Codable { var label: String }
        }
        let missing = failure { _ = try table.rows(as: Strict.self) }
        #expect(missing?.code == .invalidRow)
        #expect(missing?.field == "points[1].label")
        #expect(missing?.message.hasSuffix("in row 1") == true)
    }

    @Test func wrongRowsAreRefused() throws {
        struct Number: Codable { var n: Int }
        struct Text: Codable { var n: String }
        struct More: Codable {
            var n: Int
            var m: Int
        }
        struct Small: Codable { var n: Int8 }
        let schema = Schema([Field("n", .int8, isNullable: false)])
        #expect(failure { _ = try Table(rows: [1, 2]) }?.code == .invalidRow)
        #expect(failure { _ = try Table(rows: [Number?.none]) }?.code == .invalidRow)
        #expect(failure { _ = try Table(rows: [[1], [2]]) }?.code == .invalidRow)
        for rows in [[Number(n: 128)], [Number(n: -129)]] {
            #expect(failure { _ = try Table(rows: rows, schema: schema) }?.code == .invalidRow)
        }
        #expect(failure { _ = try Table(rows: [Text(n: "1")], schema: schema) }?.field == "n")
        #expect(failure { _ = try Table(rows: [More(n: 1, m: 2)], schema: schema) }?.field == "m")
        let twice = Schema([Field("n", .int8), Field("n", .int8)])
        #expect(
            failure { _ = try Table(rows: [Number(n: 1)], schema: twice) }?.code == .invalidSchema)
        let table = try Table(rows: [Number(n: 1), Number(n: 300)])
        #expect(failure { _ = try table.rows(as: Text.self) }?.field == "n")
        #expect(failure { _ = try table.rows(as: More.self) }?.field == "m")
        let small = failure { _ = try table.rows(as: Small.self) }
        #expect(small?.message.hasSuffix("in row 1") == true)
        #expect(failure { _ = try table.rows(as: Int.self) }?.code == .invalidRow)
        struct Other: Codable { var n: Color }
        let colors = try Table(["n": Column(["red", "blue"])])
        #expect(failure { _ = try colors.rows(as: Other.self) }?.field == "n")
    }

    @Test func moreTextsThanTheIndexCanNumberAreRefused() throws {
        struct Row: Codable { var text: String }
        let schema = Schema([
            Field("text", .dictionary(index: .int8, value: .utf8, isOrdered: false, id: 0))
        ])
        let rows = (0...128).map { Row(text: "\($0)") }
        _ = try Table(rows: rows.dropLast(), schema: schema)
        #expect(failure { _ = try Table(rows: rows, schema: schema) }?.code == .invalidRow)
    }

    @Test func emptyThingsHaveAForm() throws {
        struct Nothing: Codable, Equatable {}
        struct Row: Codable, Equatable {
            var list: [Int]
            var nothing: Nothing
            var none: [Int]?
        }
        let rows = [Row(list: [], nothing: Nothing(), none: nil)]
        let table = try Table(ipcStream: try Table(rows: rows).ipcStream())
        #expect(try table.rows(as: Row.self) == rows)
        #expect(table.schema.fields[2].type == .list(Field("item", .int64)))
        #expect(try Table(rows: [Nothing(), Nothing()]).count == 2)
        #expect(try Table(rows: [] as [Nothing]).schema.fields.isEmpty)
        let schema = Schema([Field("list", .list(Field("item", .int8)))])
        let empty = try Table(ipcStream: try Table(rows: [] as [Row], schema: schema).ipcStream())
        #expect(empty.schema == schema)
        #expect(try empty.rows(as: Row.self) == [])
    }

    /// Types that nest containers by hand, and inherit.
    @Test func handwrittenContainersWork() throws {
        class Base: Codable {
            var id = 0
        }
        final class Derived: Base {
            var name = ""
            private enum Keys: String, CodingKey { case name, box, grid }

            override init() { super.init() }

            required init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Keys.self)
                name = try container.decode(String.self, forKey: .name)
                try super.init(from: try container.superDecoder())
                let box = try container.nestedContainer(keyedBy: Keys.self, forKey: .box)
                #expect(try box.decode(Int.self, forKey: .name) == 5)
                var grid = try container.nestedUnkeyedContainer(forKey: .grid)
                var sizes: [Int] = []
                while !grid.isAtEnd {
                    var line = try grid.nestedUnkeyedContainer()
                    var size = 0
                    while !line.isAtEnd { size += try line.decode(Int.self) }
                    sizes.append(size)
                }
                #expect(sizes == [3, 7])
            }

            override func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                var box = container.nestedContainer(keyedBy: Keys.self, forKey: .box)
                try container.encode(name, forKey: .name)
                var grid = container.nestedUnkeyedContainer(forKey: .grid)
                try super.encode(to: container.superEncoder())
                for line in [[1, 2], [3, 4]] {
                    var inner = grid.nestedUnkeyedContainer()
                    for value in line { try inner.encode(value) }
                }
                try box.encode(5, forKey: .name)
            }
        }
        let row = Derived()
        row.id = 9
        row.name = "n"
        let table = try Table(rows: [row, row])
        try table.validate(full: true)
        let back = try table.rows(as: Derived.self)
        #expect(back.map(\.id) == [9, 9])
        #expect(back.map(\.name) == ["n", "n"])
    }

    @Test func encodedColumnsAreReadThrough() throws {
        struct Row: Decodable {
            var runs: String?
            var words: String?
            var wide: Int?
        }
        let path = PackageRoot.file("Fixtures/arrow/encoded.arrows")
        let rows = try Table(ipcStream: TestFile.bytes(path)).rows(as: Row.self)
        #expect(rows.map(\.runs) == ["x", nil, nil, "z"])
        #expect(rows.map(\.words) == ["yes", nil, "no", "yes"])
        #expect(rows.map(\.wide) == [nil, nil, 10, 20])
    }

    @Test(arguments: GoldenPair.fixtures + GoldenPair.shared)
    func anyTableCanBeAskedForRows(pair: GoldenPair) throws {
        // Asked for what it mostly does not hold: answers or typed errors, and no trap.
        struct Row: Decodable {
            var v: Point?
            var nn: [Bytes]?
            var a: [String: Int]?
            var f0: Bool?
        }
        guard let table = try? Table(ipcStream: TestFile.bytes(pair.stream)) else { return }
        _ = failure { _ = try table.rows(as: Row.self) }
        _ = failure { _ = try table.rows(as: [String: String?].self) }
        _ = failure { _ = try table.rows(as: [String: [Int?]?].self) }
    }
}

extension Table {
    fileprivate subscript(rows range: Range<Int>) -> [Everything] {
        get throws { try batches[0][range].rows(as: Everything.self) }
    }
}
