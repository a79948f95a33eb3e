import ArrowIPC
import BridgeBytes
import Testing

/// Rows out of columns that are in another order than the keys, missing, twice there, or null.
@Suite struct RowColumnOrderTests {
    private struct Reading: Decodable, Equatable {
        var id: Int64
        var name: String
        var share: Double?
        var isValid: Bool
        var count: Int?
    }

    private static let ids = Column([1, 2, 3] as [Int64])
    private static let names = Column(["a", "", "ü"])
    private static let flags = Column([true, false, true])

    private static func table(_ columns: [(String, Column)]) throws -> Table {
        let schema = Schema(columns.map { Field($0.0, $0.1.type) })
        return try Table(RecordBatch(schema: schema, columns: columns.map(\.1)))
    }

    private static func expected(_ shares: [Double?], _ counts: [Int?]) -> [Reading] {
        (0..<3).map { row in
            Reading(
                id: Int64(row + 1), name: ["a", "", "ü"][row], share: shares[row],
                isValid: row != 1, count: counts[row])
        }
    }

    @Test func `columns are found by name, in any order, with others between them`() throws {
        let shares = Column([0.5, nil, -0.0] as [Double?])
        let counts = Column([nil, 7, 8] as [Int64?])
        let columns = [
            ("count", counts), ("other", names(2)), ("isValid", Self.flags), ("share", shares),
            ("name", Self.names), ("id", Self.ids),
        ]
        let expected = Self.expected([0.5, nil, -0.0], [nil, 7, 8])
        for order in [columns, columns.reversed(), Array(columns.dropFirst()) + [columns[0]]] {
            #expect(try Self.table(order).rows(as: Reading.self) == expected)
        }
    }

    private func names(_ length: Int) -> Column {
        Column((0..<3).map { _ in String(repeating: "n", count: length) })
    }

    @Test func `of two columns with one name the first counts, in every row`() throws {
        let table = try Self.table([
            ("id", Self.ids), ("id", Column([9, 9, 9] as [Int64])), ("name", Self.names),
            ("name", names(5)), ("isValid", Self.flags),
        ])
        // What is optional may have no column.
        let expected = Self.expected([nil, nil, nil], [nil, nil, nil])
        #expect(try table.rows(as: Reading.self) == expected)
    }

    @Test func `numbers of other widths are converted where they are exact`() throws {
        let table = try Self.table([
            ("id", Column([1, 2, 3] as [UInt8])), ("name", Self.names),
            ("share", Column([0.5, 1.5, 2.5] as [Float])), ("isValid", Self.flags),
            ("count", Column([4, 5, 6] as [Int16])),
        ])
        let expected = Self.expected([0.5, 1.5, 2.5], [4, 5, 6])
        #expect(try table.rows(as: Reading.self) == expected)
    }

    @Test func `a null or another type where there must be a value is told`() throws {
        let nulls = try Self.table([
            ("id", Column([1, nil, 3] as [Int64?])), ("name", Self.names), ("isValid", Self.flags),
        ])
        let null = #expect(throws: ArrowError.self) { try nulls.rows(as: Reading.self) }
        #expect(null?.code == .invalidRow && null?.field == "id")
        #expect(null?.message.contains("in row 1") == true)
        let texts = try Self.table([
            ("id", Self.ids), ("name", Self.names), ("isValid", Self.flags), ("count", Self.names),
        ])
        let text = #expect(throws: ArrowError.self) { try texts.rows(as: Reading.self) }
        #expect(text?.code == .invalidRow && text?.field == "count")
        let missing = try Self.table([("name", Self.names), ("isValid", Self.flags)])
        let none = #expect(throws: ArrowError.self) { try missing.rows(as: Reading.self) }
        #expect(none?.code == .invalidRow && none?.field == "id")
    }
}
