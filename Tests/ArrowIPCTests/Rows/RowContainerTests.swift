import ArrowIPC
import TestKit
import Testing

/// Each function of each container, as hand-written conformances call them.
@Suite struct RowContainerTests {
    private struct Row<Item: SpelledOut>: Codable, Hashable {
        var list: SpelledList<Item>
        var single: SpelledValue<Item>
    }

    private func check<Item: SpelledOut>(_ items: [Item]) throws {
        let rows = items.map { Row(list: SpelledList(items), single: SpelledValue($0)) }
        let table = try Table(rows: rows)
        #expect(try table.rows(as: Row<Item>.self) == rows)
    }

    @Test func `values of all types, in lists and alone`() throws {
        try check([true, false] as [Bool])
        try check(["a", ""] as [String])
        try check([1.5, -0.0] as [Double])
        try check([0.25] as [Float])
        try check([.min, .max] as [Int])
        try check([.min, .max] as [Int8])
        try check([.min, .max] as [Int16])
        try check([.min, .max] as [Int32])
        try check([.min, .max] as [Int64])
        try check([0, .max] as [UInt])
        try check([0, .max] as [UInt8])
        try check([0, .max] as [UInt16])
        try check([0, .max] as [UInt32])
        try check([0, .max] as [UInt64])
    }

    @Test func `fields that may be missing`() throws {
        let rows = [SpelledFields(), .full, SpelledFields()]
        let table = try Table(rows: rows)
        #expect(try table.rows(as: SpelledFields.self) == rows)
    }
}
