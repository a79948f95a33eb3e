import BridgeBytes
import BridgeJSON
import TestKit
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

    /// Escapes with halves of characters, what they are read as, and where the first half is.
    private static let halves: [(text: String, value: JSONValue, offset: Int)] = [
        (#""day \ud83d""#, "day \u{FFFD}", 5),
        (#""\ude00 day""#, "\u{FFFD} day", 1),
        (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}", 1),
        (#""\ud83d\ud83d\ude00""#, "\u{FFFD}\u{1F600}", 1),
        (#""\ud83d\n\ud83dx\u0041""#, "\u{FFFD}\n\u{FFFD}xA", 1),
        (#""é\uDBFF\uD800\uDFFF\uDFFF""#, "é\u{FFFD}\u{103FF}\u{FFFD}", 3),
        (#"[{"\ud83d":1,"a":["\udfff"]}]"#, [["\u{FFFD}": 1, "a": ["\u{FFFD}"]]], 3),
    ]

    @Test(arguments: halves)
    func `half a character is refused, or U+FFFD in its place`(
        text: String, value: JSONValue, offset: Int
    ) throws {
        let bytes = Bytes(utf8: text)
        #expect(throws: JSONError(.loneSurrogate, at: offset)) { try JSONValue(parsing: bytes) }
        #expect(try JSONValue(parsing: bytes, loneSurrogates: .replaced) == value)
        for end in 0..<bytes.count {
            // What is cut short is refused in either way; whatever is read must be written again.
            #expect(throws: JSONError.self) {
                try JSONValue(parsing: bytes[0..<end], loneSurrogates: .replaced)
            }
        }
        for position in 0..<bytes.count {
            var changed = Array(bytes)
            changed[position] = UInt8(ascii: "u")
            if let read = try? JSONValue(parsing: Bytes(changed), loneSurrogates: .replaced) {
                #expect(try JSONValue(parsing: read.encoded()) == read)
            }
        }
    }

    @Test func `only escapes are replaced`() {
        // A surrogate in UTF-8, a half behind which an escape is malformed, and two keys that
        // would become one.
        let texts: [(Bytes, JSONError)] = [
            ([0x22, 0xED, 0xA0, 0x80, 0x22], JSONError(.invalidUTF8, at: 1)),
            (Bytes(utf8: #""\ud83d\u12zz""#), JSONError(.invalidEscape, at: 7)),
            (Bytes(utf8: #""\ud83d\x""#), JSONError(.invalidEscape, at: 7)),
            (Bytes(utf8: #"{"\ud83d":1,"\ud83e":2}"#), JSONError(.duplicateKey, at: 13)),
        ]
        for (text, error) in texts {
            #expect(throws: error) { try JSONValue(parsing: text, loneSurrogates: .replaced) }
        }
    }

    @Test func `the limits hold for every value`() {
        var limits = JSONLimits()
        limits.maxDepth = 2
        limits.maxBytes = 10
        #expect(throws: JSONError(.limitExceeded, at: 2)) {
            try JSONParser.parse(Bytes(utf8: "[[[]]]").span, limits: limits)
        }
        #expect(throws: JSONError(.tooLarge, at: 10)) {
            try JSONParser.parse(Bytes(utf8: "[1,2,3,4,5,6]").span, limits: limits)
        }
    }
}
