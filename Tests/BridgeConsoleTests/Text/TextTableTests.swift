import BridgeBytes
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

    private var wide: TextTable {
        var table = TextTable([.init("name"), .init("text"), .init("size", isNumeric: true)])
        table.append(["short", String(repeating: "x", count: 90), "1,000,000"])
        table.append([String(repeating: "表", count: 20), "y", "5"])
        return table
    }

    @Test(arguments: [20, 40, 80, 130, 200])
    func `the longest text gives way to the width, and numbers never do`(_ width: Int) {
        let lines = wide.lines(within: width)
        // Below this width the narrowest columns do not fit.
        let room = max(width, 8 + 2 + 8 + 2 + 9)
        #expect(lines.allSatisfy { DisplayWidth.of($0) <= room })
        #expect(lines[2].hasSuffix("1,000,000"))
        #expect(lines[3].hasSuffix("  5"))
        let isWhole = lines[2].contains(String(repeating: "x", count: 90))
        #expect(isWhole == (width >= 40 + 2 + 90 + 2 + 9))
    }

    @Test func `columns stand below each other, wide characters included`() {
        let lines = wide.lines(within: 200)
        let ends = lines.dropFirst().map { DisplayWidth.of($0) }
        #expect(Set(ends).count == 1)
    }
}
