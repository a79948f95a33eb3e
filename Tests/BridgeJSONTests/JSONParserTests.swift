import BridgeBytes
import BridgeJSON
import Testing

@Suite struct JSONParserTests {
    @Test func `a value inside a text is built where the tokenizer stands`() throws {
        let bytes = Bytes(utf8: #"[{"a":[true,"x"]},2]"#)
        var tokenizer = JSONTokenizer()
        #expect(try tokenizer.next(bytes.span) == .beginArray)
        let value = try JSONParser.value(
            tokenizer.next(bytes.span), bytes.span, &tokenizer)
        #expect(value == ["a": [true, "x"]])
        #expect(try tokenizer.next(bytes.span) == .number(18..<19))
    }

    @Test func `the limits hold for every value`() {
        var limits = JSONLimits()
        limits.maxDepth = 2
        limits.maxBytes = 10
        #expect(throws: JSONError(.tooDeep, at: 2)) {
            try JSONParser.parse(Bytes(utf8: "[[[]]]").span, limits: limits)
        }
        #expect(throws: JSONError(.tooLarge, at: 10)) {
            try JSONParser.parse(Bytes(utf8: "[1,2,3,4,5,6]").span, limits: limits)
        }
    }
}
