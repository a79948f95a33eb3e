import ArrowIPC
import BridgeBytes
import Testing

/// Types with a form of their own in columns.
@Suite struct ArrowScalarTests {
    private struct Money: Codable, Equatable, ArrowScalarConvertible {
        var cents: Int64
        static var arrowType: DataType { .int64 }

        init(_ cents: Int64) { self.cents = cents }

        init?(arrowScalar: ArrowScalar) {
            guard case .integer(let cents) = arrowScalar else { return nil }
            self.cents = cents
        }

        func arrowScalar(for type: DataType) -> ArrowScalar? {
            if case .structure = type { nil } else { .integer(cents) }
        }
    }

    private struct Sale: Codable, Equatable {
        var price: Money
        var tips: [Money]
        var at: Timestamp
        var day: Timestamp?
    }

    private static let sales = [
        Sale(price: Money(5), tips: [Money(1)], at: Timestamp(seconds: 86_400), day: nil),
        Sale(
            price: Money(-5), tips: [], at: Timestamp(seconds: -86_400),
            day: Timestamp(seconds: 0)),
    ]

    @Test func `a type says what its column is`() throws {
        let table = try Table(rows: Self.sales)
        #expect(table.schema["price"] == Field("price", .int64, isNullable: false))
        #expect(Array(try table.column("price").values(as: Int.self)) == [5, -5])
        #expect(try table.rows(as: Sale.self) == Self.sales)
        #expect(try Table(rows: [] as [Sale]).schema == table.schema)
    }

    @Test func `its own conformance serves where it has no form`() throws {
        let money = DataType.structure([Field("cents", .int32)])
        let schema = Schema([
            Field("price", money), Field("tips", .list(Field("item", money))),
            Field("at", .date32), Field("day", .date64),
        ])
        let table = try Table(rows: Self.sales, schema: schema)
        #expect(table.schema == schema)
        #expect(try table.rows(as: Sale.self) == Self.sales)
        #expect(Array(try table.column("at").values(as: Int32.self)) == [1, -1])
    }

    @Test func `moments that a column does not hold exactly are refused`() throws {
        let moment = Timestamp(seconds: 1, nanoseconds: 1)
        #expect(try Column([moment]).type == .timestamp(.nanosecond, zone: "UTC"))
        #expect(throws: ArrowError.self) {
            try Column([moment], type: .timestamp(.microsecond, zone: nil))
        }
        #expect(throws: ArrowError.self) { try Column([moment], type: .date32) }
        #expect(throws: ArrowError.self) { try Column([moment], type: .utf8) }
        #expect(throws: ArrowError.self) { try Column([Timestamp(seconds: .max)]) }
        let edges = [Int64.min, -1, 0, .max].map { count in
            let column = Column([count], type: .timestamp(.nanosecond, zone: "UTC"))
            return try? column.values(as: Timestamp.self)[0]
        }
        let back = try Column(edges)
        #expect(Array(try back.values(as: Int64.self)) == [.min, -1, 0, .max])
    }
}
