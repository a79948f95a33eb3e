import BridgeBytes
import BridgeJSON
import Testing

@Suite struct JSONTokenizerTests {
    private func tokens(_ text: String) throws -> [JSONToken] {
        let bytes = Bytes(utf8: text)
        var tokenizer = JSONTokenizer()
        var tokens: [JSONToken] = []
        repeat { tokens.append(try tokenizer.next(bytes.span)) } while tokens.last != .end
        return tokens
    }

    @Test func `strings and numbers are located, not copied`() throws {
        #expect(
            try tokens(#" {"a" : [ -1.5 , "x\n"],"b":null} "#) == [
                .beginObject, .key(JSONString(range: 3..<4, hasEscapes: false)), .beginArray,
                .number(10..<14), .string(JSONString(range: 18..<21, hasEscapes: true)),
                .endArray, .key(JSONString(range: 25..<26, hasEscapes: false)), .null, .endObject,
                .end,
            ])
    }

    @Test func `a value that nobody wants is skipped whole`() throws {
        let bytes = Bytes(utf8: #"{"skip":{"a":[1,{"b":2}]},"take":7}"#)
        var tokenizer = JSONTokenizer()
        #expect(try tokenizer.next(bytes.span) == .beginObject)
        _ = try tokenizer.next(bytes.span)
        let first = try tokenizer.next(bytes.span)
        try tokenizer.skipValue(bytes.span, after: first)
        guard case .key(let name) = try tokenizer.next(bytes.span) else {
            Issue.record("not at the next member")
            return
        }
        #expect(try JSONEscape.text(name, in: bytes.span) == "take")
    }

    @Test(arguments: ["{", "[", "{\"a\"", "{\"a\":", "[1", "\"a", "tru", "-", "1.", "[1 2]", "{,}"])
    func `what is cut or misplaced is refused`(_ text: String) {
        #expect(throws: JSONError.self) { try tokens(text) }
    }
}
