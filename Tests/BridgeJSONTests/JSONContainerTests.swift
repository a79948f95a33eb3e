import BridgeBytes
import BridgeJSON
import TestKit
import Testing

/// Each function of each container, as hand-written conformances call them.
@Suite struct JSONContainerTests {
    /// Asks for items without an end.
    private struct EndlessList<Item: SpelledOut>: Decodable {
        init(from decoder: any Decoder) throws {
            var list: any UnkeyedDecodingContainer = try decoder.unkeyedContainer()
            while true { _ = try Item.take(from: &list) }
        }
    }

    private func check<Item: SpelledOut>(_ items: [Item]) throws {
        let list = SpelledList(items)
        let value = try JSONValue(encoding: list)
        #expect(value.arrayValue?.count == items.count)
        #expect(try value.decode(SpelledList<Item>.self) == list)
        for item in items {
            let single = SpelledValue(item)
            let value = try JSONValue(encoding: ["x": single])
            #expect(try value.decode([String: SpelledValue<Item>].self) == ["x": single])
        }
        // One more than there are.
        let error = #expect(throws: JSONError.self) { try value.decode(EndlessList<Item>.self) }
        #expect(error?.code.rawValue == "missing_value")
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

    @Test(arguments: [SpelledFields(), .full])
    func `fields that may be missing`(fields: SpelledFields) throws {
        let value = try JSONValue(encoding: fields)
        #expect(try value.decode(SpelledFields.self) == fields)
    }
}
