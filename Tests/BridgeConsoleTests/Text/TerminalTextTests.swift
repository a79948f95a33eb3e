import BridgeBytes
import BridgeConsole
import BridgeJSON
import TestKit
import Testing

@Suite("Text on a terminal")
struct TerminalTextTests {
    /// One of each kind, the first and the last of each range.
    static let harmful: [Unicode.Scalar] = [
        "\u{0}", "\u{7}", "\u{1B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{9B}", "\u{9F}", "\u{61C}",
        "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{2066}",
        "\u{2069}",
    ]
    static let harmless: [Unicode.Scalar] = [
        " ", "~", "\u{A0}", "ä", "\u{61B}", "\u{61D}", "\u{200D}", "\u{2010}", "\u{202F}",
        "\u{2065}", "\u{206A}", "漢", "\u{FFFD}", "😀",
    ]

    @Test(arguments: harmful)
    func `what steers a terminal is shown as its number`(_ scalar: Unicode.Scalar) {
        let text = TerminalText.line("a\(scalar)b")
        #expect(text == "a\\u{\(String(scalar.value, radix: 16))}b")
        #expect(TerminalText.lines("a\(scalar)b") == text)
    }

    @Test(arguments: harmless)
    func `everything else stays`(_ scalar: Unicode.Scalar) {
        #expect(TerminalText.line("a\(scalar)b") == "a\(scalar)b")
        #expect(TerminalText.json(Bytes(utf8: "\"\(scalar)\"")) == Bytes(utf8: "\"\(scalar)\""))
    }

    @Test func `a line has no ends, lines have`() {
        #expect(TerminalText.line("a\nb\r\nc\td") == "a b  c d")
        #expect(TerminalText.lines("a\n\u{1B}b\tc\n") == "a\n\\u{1b}b\tc\n")
    }

    @Test(arguments: [1, 2, 5, 100])
    func `a long text is cut, its escapes counted`(_ limit: Int) {
        for text in [String(repeating: "x", count: 101), String(repeating: "\u{1B}", count: 30)] {
            let line = TerminalText.line(text, atMost: limit)
            #expect(line.unicodeScalars.count <= limit && line.hasSuffix("…"))
            #expect(!line.contains("\u{1B}"))
        }
        let whole = String(repeating: "y", count: limit)
        #expect(TerminalText.line(whole, atMost: limit) == whole)
        #expect(TerminalText.cut(whole, atMost: limit) == whole)
        // One letter with many marks is long, too.
        let marks = "z" + String(repeating: "\u{301}", count: 200)
        #expect(TerminalText.line(marks, atMost: limit).unicodeScalars.count == limit)
    }

    @Test func `JSON keeps its meaning and loses what steers a terminal`() throws {
        var generator = SeededGenerator(seed: 71)
        let scalars = (Self.harmful + Self.harmless + ["\"", "\\", "u"])
        for _ in 0..<500 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                text.unicodeScalars.append(scalars.randomElement(using: &generator) ?? " ")
            }
            let value = JSONValue.array([.string(text)])
            let shown = TerminalText.json(value.encoded())
            #expect(try JSONValue(parsing: shown) == value)
            let seen = String(repairing: shown).unicodeScalars
            #expect(!seen.contains { TerminalText.isHarmful($0) })
        }
    }

    @Test(arguments: [[0xE2], [0xE2, 0x80], [0xC2], [0xF0, 0x9F], [0xFF, 0xE2, 0x80]])
    func `bytes that end inside a character stay as they are`(_ bytes: [UInt8]) {
        #expect(TerminalText.json(Bytes(bytes)) == Bytes(bytes))
    }

    @Test func `an error's line is bounded, whatever a peer wrote`() throws {
        let long = "\u{1B}[31m\u{202E}\n" + String(repeating: "L", count: 50_000)
        var failure = CommandFailure(
            .integrity, code: ErrorCode(rawValue: long), stage: long, target: long,
            correlationID: long, detail: long,
            hint: long)
        failure.outcome = "unknown"
        #expect(failure.line.unicodeScalars.count <= TerminalText.longestLine)
        #expect(!failure.line.unicodeScalars.contains { TerminalText.isHarmful($0) })
        let json = TerminalText.json(failure.json.encoded())
        #expect(json.count < 10_000)
        #expect(!String(repairing: json).unicodeScalars.contains { TerminalText.isHarmful($0) })
        #expect(try JSONValue(parsing: json)["outcome"] == "unknown")
    }
}
