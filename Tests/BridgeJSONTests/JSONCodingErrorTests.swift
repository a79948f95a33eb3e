import BridgeBytes
import BridgeJSON
import Testing

@Suite struct JSONCodingErrorTests {
    private struct Line: Codable {
        var points: [CodingShapes.Point]
        var count: UInt8
        var at: Timestamp?
        var data: Bytes?
    }

    private func error(_ text: String) -> JSONError? {
        do throws(JSONError) {
            _ = try Bytes(utf8: text).decode(json: Line.self)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (#"{"points":[{"x":1,"y":2},{"x":"1","y":2}],"count":1}"#, "type_mismatch", "points[1].x"),
        (#"{"points":[{"x":1}],"count":1}"#, "missing_key", "points[0]"),
        (#"{"points":[{"x":1,"y":null}],"count":1}"#, "missing_value", "points[0].y"),
        (#"{"points":[],"count":256}"#, "number_out_of_range", "count"),
        (#"{"points":[],"count":-1}"#, "number_out_of_range", "count"),
        (#"{"points":[],"count":1.5}"#, "number_out_of_range", "count"),
        (#"{"points":[{"x":1e400,"y":0}],"count":1}"#, "number_out_of_range", "points[0].x"),
        (#"{"points":{},"count":1}"#, "type_mismatch", "points"),
        (#"{"points":[],"count":1,"at":"yesterday"}"#, "invalid_value", "at"),
        (#"{"points":[],"count":1,"at":5}"#, "type_mismatch", "at"),
        (#"{"points":[],"count":1,"data":"%%"}"#, "invalid_value", "data"),
        ("[]", "type_mismatch", ""), ("null", "missing_value", ""),
    ])
    func `an error names the place`(_ text: String, _ code: String, _ path: String) throws {
        let error = try #require(self.error(text))
        #expect(error.code.rawValue == code)
        #expect(error.path == path)
        #expect(error.offset == nil && !error.detail.isEmpty)
    }

    @Test func `an error reads well and does not show the value`() {
        let found = error(#"{"points":[{"x":"s3cret","y":2}],"count":1}"#)
        #expect(
            found?.description
                == "json points[0].x: text where a number is wanted (type_mismatch)")
        #expect(
            error("{")?.description
                == "json: the text ends before it is whole at byte 1 (truncated)")
        let long = error(#"{"points":[],"count":1\#(String(repeating: "0", count: 9000))}"#)
        #expect((long?.description.utf8.count ?? 0) < 200)
    }

    @Test func `what JSON cannot write is refused with its place`() {
        let error = #expect(throws: JSONError.self) {
            try JSONValue(encoding: ["a": [1, Double.nan]])
        }
        #expect(error?.code == .numberOutOfRange && error?.path == "a[1]")
        for seconds in [Timestamp.firstStated - 1, Timestamp.lastStated + 1, .min, .max] {
            let error = #expect(throws: JSONError.self) {
                try JSONValue(encoding: ["at": Timestamp(seconds: seconds)])
            }
            #expect(error?.code == .invalidValue && error?.path == "at")
        }
        for value in [Float.infinity, -.infinity, .nan] {
            #expect(throws: JSONError.self) { try Bytes(json: [value]) }
        }
        #expect(throws: JSONError.self) { try Bytes(json: Double.infinity) }
    }

    @Test func `too many containers inside one another are refused`() throws {
        struct Chain: Codable {
            var next: [Chain] = []
        }
        var chain = Chain()
        for _ in 0..<31 { chain = Chain(next: [chain]) }
        let text = try Bytes(json: chain)
        #expect(throws: Never.self) { try text.decode(json: Chain.self) }
        chain = Chain(next: [chain])
        let error = #expect(throws: JSONError.self) { try JSONValue(encoding: chain) }
        #expect(error?.code == .limitExceeded)
        var deep: JSONValue = ["next": []]
        for _ in 0..<40 { deep = ["next": [deep]] }
        let made = deep
        let refused = #expect(throws: JSONError.self) { try made.decode(Chain.self) }
        #expect(refused?.code == .limitExceeded)
    }

    @Test func `what a type throws itself is told with its words`() {
        struct Picky: Codable {
            struct Refusal: Error {}

            init() {}
            init(from decoder: any Decoder) throws { throw Refusal() }
            func encode(to encoder: any Encoder) throws { throw Refusal() }
        }
        for error in [
            #expect(throws: JSONError.self) { try JSONValue(encoding: [Picky()]) },
            #expect(throws: JSONError.self) { try JSONValue.array([1]).decode([Picky].self) },
        ] {
            #expect(error?.code == .invalidValue && error?.detail == "Refusal()")
        }
        struct Twice: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                var text = encoder.singleValueContainer()
                try text.encode("two")
            }
        }
        #expect(throws: JSONError.self) { try JSONValue(encoding: Twice()) }
        struct Nothing: Codable {
            func encode(to encoder: any Encoder) throws {}
            init() {}
            init(from decoder: any Decoder) throws {}
        }
        #expect((try? JSONValue(encoding: [Nothing()]))?.description == "[{}]")
    }
}
