import BridgeBytes
import BridgeJSON
import TestKit
import Testing

@Suite struct JSONValueTests {
    private func error(_ text: String) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONValue(parsing: Bytes(utf8: text))
            return nil
        } catch {
            return error
        }
    }

    @Test func `members keep their order and numbers their digits`() throws {
        let text = #"{"z":1.50,"a":[1e400,-0,123456789012345678901234567890],"m":{}}"#
        let value = try JSONValue(parsing: Bytes(utf8: text))
        #expect(value.description == text)
        #expect(value["z"]?.doubleValue == 1.5)
        #expect(value["a"]?.arrayValue?[2].intValue == nil)
    }

    @Test(arguments: [
        ("{\"a\":1,\"a\":2}", ErrorCode.duplicateKey, 8), ("[1,]", .unexpectedByte, 3),
        ("[\"\\ud800\"]", .loneSurrogate, 2), ("[01]", .unexpectedByte, 2),
        ("", .truncated, 0), ("[1] x", .trailingBytes, 4), ("[\"a\nb\"]", .invalidString, 3),
        ("\u{FEFF}[]", .unexpectedByte, 0), ("[-]", .invalidNumber, 2),
    ])
    func `an error says what is wrong and where`(
        _ text: String, _ code: ErrorCode, _ offset: Int
    ) {
        #expect(error(text) == JSONError(code, at: offset))
    }

    @Test func `broken UTF-8 is refused at its byte`() {
        #expect(throws: JSONError(.invalidUTF8, at: 3)) {
            try JSONValue(parsing: [0x5B, 0x22, 0x61, 0xFF, 0x22, 0x5D])
        }
    }

    @Test func `the depth is bounded, whatever the text says`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(error(deep) == JSONError(.limitExceeded, at: 64))
        let fits = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(error(fits) == nil)
    }

    @Test func `strings are escaped as little as possible, and never the slash`() throws {
        let text = "a/b\\\"\n\u{1}é\u{1F600}"
        let value = JSONValue.string(text)
        #expect(value.description == "\"a/b\\\\\\\"\\n\\u0001é\u{1F600}\"")
        #expect(try JSONValue(parsing: value.encoded()) == value)
        #expect(JSONWriter.encodedCount(of: text) == value.encoded().count)
        let escaped = try JSONValue(parsing: Bytes(utf8: #""\u00e9\ud83d\ude00\/""#))
        #expect(escaped == .string("é\u{1F600}/"))
    }

    @Test func `every prefix of a text is refused without a trap`() {
        let text = Array(#"{"a":[1,2.5e-3,"x\u00e9",true,null],"b":{"c":"d"}}"#.utf8)
        for count in 0..<text.count {
            let prefix = Bytes(Array(text[0..<count]))
            #expect(throws: JSONError.self) { try JSONValue(parsing: prefix) }
        }
    }

    @Test func `a special byte is found at every distance`() throws {
        for length in 0..<40 {
            for special in ["\\n", "\\\\", "é", "\\u0001"] {
                let body = String(repeating: "x", count: length)
                let text = "[\"\(body)\(special)\(body)\"]"
                let value = try JSONValue(parsing: Bytes(utf8: text))
                #expect(try JSONValue(parsing: value.encoded()) == value)
                #expect(value.arrayValue?[0].stringValue?.count == length * 2 + 1)
            }
        }
    }

    @Test func `mutated text never traps`() {
        var generator = SeededGenerator("JSON mutations")
        let base = Array(#"{"k":[0,-1.5e+7,"\ud83d\ude00\n",{"a":null}],"t":true}"#.utf8)
        for _ in 0..<3000 {
            var text = base
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<text.count, using: &generator)
                text[index] = UInt8.random(in: 0...255, using: &generator)
            }
            if let value = try? JSONValue(parsing: Bytes(text)) {
                #expect((try? JSONValue(parsing: value.encoded())) == value)
            }
        }
    }

    @Test func `objects find their members, few or many`() {
        var object = JSONObject()
        for number in 0..<50 { object["k\(number)"] = .number(JSONNumber(number)) }
        object["k7"] = nil
        object["k8"] = "x"
        #expect(object.count == 49)
        #expect(object["k7"] == nil && object["k8"] == "x" && object["k49"]?.intValue == 49)
        #expect(object.map(\.key).first == "k0")
    }
}
