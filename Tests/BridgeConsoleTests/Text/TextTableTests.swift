import BridgeConsole
import Testing

@Suite("Text table")
struct TextTableTests {
    @Test func `numbers end and text begins at the column's edge`() {
        var table = TextTable([.init("name"), .init("size", isNumeric: true), .init("note")])
        table.append(["a", "1,000", "x"])
        table.append(["long name", "5", "two\nlines"])
        #expect(
            table.lines == [
                "name        size  note",
                "---------  -----  ---------",
                "a          1,000  x",
                "long name      5  two lines",
            ])
    }

    @Test func `a long cell is cut`() {
        var table = TextTable([.init("text")])
        table.append([String(repeating: "x", count: 100)])
        #expect(table.lines.last?.count == 48)
        #expect(table.lines.last?.hasSuffix("…") == true)
    }

    @Test func `an empty table has its titles`() {
        #expect(TextTable([.init("a"), .init("b")]).lines == ["a  b", "-  -"])
    }
}
