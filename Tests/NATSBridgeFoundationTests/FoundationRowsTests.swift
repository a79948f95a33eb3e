import ArrowIPC
import BridgeBytes
import BridgeJSON
import Foundation
import NATSBridgeFoundation
import Testing

/// Foundation's types in rows, columns and JSON.
@Suite struct FoundationRowsTests {
    private struct Row: Codable, Equatable {
        var date: Date
        var maybe: Date?
        var id: UUID
        var data: Data
        var url: URL?
        var dates: [Date]
    }

    private static let rows = [
        Row(
            date: Date(timeIntervalSince1970: 1.5), maybe: nil, id: UUID(),
            data: Data([1, 2, 3]), url: URL(string: "http://localhost/a?b"), dates: []),
        Row(
            date: Date(timeIntervalSince1970: -0.000_001), maybe: .distantPast, id: UUID(),
            data: Data(), url: nil, dates: [.distantFuture]),
    ]

    @Test func `dates are timestamps, data is binary, URLs are text`() throws {
        let table = try Table(rows: Self.rows)
        #expect(
            table.schema.fields.map(\.type.description) == [
                "timestamp[us, tz=UTC]", "timestamp[us, tz=UTC]", "utf8", "binary", "utf8",
                "list<item: timestamp[us, tz=UTC]>",
            ])
        #expect(table.schema["dates"]?.type.children.first?.type == Date.arrowType)
        let back = try Table(ipcStream: try table.ipcStream())
        #expect(try back.rows(as: Row.self) == Self.rows)
        #expect(Array(try back.column("date").values(as: Int64.self)) == [1_500_000, -1])
        #expect(
            Array(try back.column("maybe").values(as: Date?.self)) == Self.rows.map(\.maybe))
        #expect(Array(try back.column("data").values(as: Data.self)) == Self.rows.map(\.data))
        #expect(try Table(rows: [] as [Row]).schema == table.schema)
    }

    @Test func `columns written without this module are read`() throws {
        struct Old: Codable {
            var date: Double
            var data: [UInt8]
        }
        struct New: Codable, Equatable {
            var date: Date
            var data: Data
        }
        let old = try Table(rows: [Old(date: 1.5, data: [1, 2])])
        let new = [New(date: Date(timeIntervalSinceReferenceDate: 1.5), data: Data([1, 2]))]
        #expect(try old.rows(as: New.self) == new)
        #expect(try Table(rows: new, schema: old.schema).rows(as: New.self) == new)
    }

    @Test func `a schema's unit rounds dates, and days take midnights only`() throws {
        struct Row: Codable { var at: Date }
        let rows = [Row(at: Date(timeIntervalSince1970: 1.25))]
        let seconds = Schema([Field("at", .timestamp(.second, zone: "UTC"))])
        let table = try Table(rows: rows, schema: seconds)
        #expect(Array(try table.column("at").values(as: Int64.self)) == [1])
        let days = Schema([Field("at", .date32)])
        #expect(throws: ArrowError.self) { try Table(rows: rows, schema: days) }
        let midnight = [Row(at: Date(timeIntervalSince1970: -86_400))]
        let dated = try Table(rows: midnight, schema: days)
        #expect(Array(try dated.column("at").values(as: Int32.self)) == [-1])
        #expect(try dated.rows(as: Row.self)[0].at == midnight[0].at)
        for wrong in [Double.nan, .infinity, 1e300] {
            let row = Row(at: Date(timeIntervalSince1970: wrong))
            #expect(throws: ArrowError.self) { try Table(rows: [row]) }
        }
    }

    @Test func `columns are made of dates and data`() throws {
        let dates = try Column([Date(timeIntervalSince1970: 1), nil])
        #expect("\(dates)" == "timestamp[us, tz=UTC][2]: 1970-01-01T00:00:01Z, null")
        #expect(try Column([Data([1])]).type == .binary)
    }

    @Test func `JSON has dates, data and URLs as text`() throws {
        struct Value: Codable, Equatable {
            var at: Date
            var data: Data
            var url: URL
        }
        let value = Value(
            at: Date(timeIntervalSince1970: 1.5), data: Data([1, 2]),
            url: try #require(URL(string: "http://localhost/")))
        let json = try JSONValue(encoding: value)
        #expect(json["at"]?.stringValue == "1970-01-01T00:00:01.500Z")
        #expect(json["data"]?.stringValue == "AQI=")
        #expect(json["url"]?.stringValue == "http://localhost/")
        #expect(try json.decode(Value.self) == value)
    }
}
