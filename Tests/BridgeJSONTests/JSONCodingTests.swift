import BridgeBytes
import BridgeJSON
import Foundation
import TestKit
import Testing

/// Foundation's coder is the judge: what one side writes the other reads, and both write the same.
/// Its `Date` and `Data` are the overlay's business, here too: the test bundle links it.
@Suite struct JSONCodingTests {
    typealias Shapes = CodingShapes

    /// The texts are the same value, and each side reads what the other wrote.
    private func check<T: Codable & Equatable>(_ value: T) throws {
        let ours = try Bytes(json: value)
        let theirs = try JSONEncoder().encode(value)
        let parsed = try JSONValue(parsing: Bytes([UInt8](theirs)))
        #expect(try same(JSONValue(parsing: ours), parsed))
        #expect(try JSONDecoder().decode(T.self, from: Data([UInt8](ours))) == value)
        #expect(try Bytes([UInt8](theirs)).decode(json: T.self) == value)
        #expect(try ours.decode() == value)
    }

    /// Equal, where numbers may be written in different ways (1e+20 and 100000000000000000000).
    private func same(_ left: JSONValue, _ right: JSONValue) throws -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)):
            left == right || left.double == right.double
        case (.array(let left), .array(let right)):
            try left.count == right.count && zip(left, right).allSatisfy { try same($0, $1) }
        case (.object(let left), .object(let right)):
            try left.count == right.count
                && left.allSatisfy { try same($0.value, #require(right[$0.key])) }
        default: left == right
        }
    }

    @Test func `values of every shape are what Foundation makes of them`() throws {
        try check(Shapes.Widths.least)
        try check(Shapes.Widths.greatest)
        try check(Shapes.Point(x: -0.0, y: 1e20, name: nil))
        try check(Shapes.ByHand())
        try check(Shapes.Figure.group([.circle(radius: 2), .nothing]))
        try check([Shapes.Colour.red: [1.5, 2]])
        try check([1: [true, nil, false]])
        try check("text")
        try check(7)
        try check([[Int]]())
        try check(UUID())
    }

    @Test func `random trees are what Foundation makes of them`() throws {
        var generator = SeededGenerator("JSON coding")
        for _ in 0..<200 { try check(Shapes.Tree.random(&generator)) }
    }

    @Test(arguments: ["Rex", "super", "apart"])
    func `a class keeps what it inherits`(_ name: String) throws {
        let dog = Shapes.Dog(legs: 4, name: name)
        let ours = try Bytes(json: dog)
        let theirs = Bytes([UInt8](try JSONEncoder().encode(dog)))
        #expect(try JSONValue(parsing: ours) == JSONValue(parsing: theirs))
        let back = try theirs.decode(json: Shapes.Dog.self)
        #expect(back.legs == 4 && back.name == name)
    }

    @Test func `members stand in the order in which the type encodes them`() throws {
        let point = Shapes.Point(x: 1, y: 0.1, name: "a/b")
        #expect(try JSONValue(encoding: point).description == #"{"x":1,"y":0.1,"name":"a/b"}"#)
        let text = #"{"numbers":[1,2,3],"names":{"x":"y"},"more":[{"x":null},null,[null]]}"#
        #expect(try JSONValue(encoding: Shapes.ByHand()).description == text)
        #expect(try JSONValue(encoding: Float(0.1)).description == "0.1")
    }

    @Test func `bytes are base64 text, and moments are texts of RFC 3339`() throws {
        struct Sample: Codable, Equatable {
            var data: Bytes
            var at: Timestamp
            var maybe: Bytes?
        }
        let sample = Sample(
            data: [0, 255, 254], at: Timestamp(milliseconds: 1_773_385_370_443), maybe: nil)
        let text = #"{"data":"AP/+","at":"2026-03-13T07:02:50.443Z"}"#
        #expect(try JSONValue(encoding: sample).description == text)
        #expect(try Bytes(utf8: text).decode(json: Sample.self) == sample)
        #expect(try JSONValue(encoding: [sample.data, nil]).description == #"["AP/+",null]"#)
    }

    @Test func `integers of 128 bits and long numbers are kept exactly`() throws {
        struct Wide: Codable, Equatable {
            var least = Int128.min
            var greatest = UInt128.max
            var number = JSONNumber(UInt128.max)
            var any: JSONValue = ["pi": [3.25, nil, true]]
        }
        let value = try JSONValue(encoding: Wide())
        #expect(value["least"]?.description == "\(Int128.min)")
        #expect(try value.decode(Wide.self) == Wide())
        let exact = try JSONValue(parsing: Bytes(utf8: #"{"n":1.50e400,"z":0.10}"#))
        #expect(
            try JSONValue(encoding: ["a": exact]).description == #"{"a":{"n":1.50e400,"z":0.10}}"#)
        #expect(try exact.decode([String: JSONNumber].self)["z"]?.text == "0.10")
        #expect(try exact.decode(JSONObject.self).count == 2)
    }

    @Test(arguments: [
        ("120", 120), ("1.2e2", 120), ("12000E-2", 120), ("1.20e+2", 120), ("-0", 0), ("0e9", 0),
        ("-128", -128), ("-1.28e2", -128), ("128", nil), ("-129", nil), ("0.5", nil),
        ("1e-1", nil), ("1e99", nil), ("1e99999999999", nil), ("1e-99999999999", nil),
        ("127.00", 127), ("127.000000000000000000001", nil),
    ])
    func `a whole number is taken in any spelling, and never rounded`(
        _ text: String, _ value: Int8?
    ) throws {
        let json = try JSONValue(parsing: Bytes(utf8: text))
        #expect((try? json.decode(Int8.self)) == value)
    }

    @Test func `a number that no double holds is not taken for its neighbour`() throws {
        let json = try JSONValue(parsing: Bytes(utf8: "9007199254740993.0"))
        #expect(json.intValue == 9_007_199_254_740_993)
        #expect(try json.decode(Int.self) == 9_007_199_254_740_993)
        #expect(try json.decode(Double.self) == 9_007_199_254_740_992)
    }

    @Test func `JSON values go through the coders of others`() throws {
        let value: JSONValue = [
            "a": [1, -2.5, "x", true, nil], "b": [:], "c": 18_446_744_073_709_551_615.0,
        ]
        let data = try JSONEncoder().encode(value)
        #expect(try same(JSONValue(parsing: Bytes([UInt8](data))), value))
        #expect(try same(JSONDecoder().decode(JSONValue.self, from: data), value))
        let number = try JSONDecoder().decode([JSONNumber].self, from: Data("[1]".utf8))
        #expect(number == [JSONNumber(1)])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(JSONObject.self, from: Data("[]".utf8))
        }
    }

    @Test func `a type may try one form after the other`() throws {
        struct Either: Decodable, Equatable {
            var text: String

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                do { text = try container.decode(String.self) } catch DecodingError.typeMismatch {
                    text = String(try container.decode(Int.self))
                }
            }
        }
        let texts = try Bytes(utf8: #"["a",1]"#).decode(json: [Either].self).map(\.text)
        #expect(texts == ["a", "1"])
    }
}
