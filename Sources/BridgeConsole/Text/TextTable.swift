internal import BridgeBytes

/// Rows of text in aligned columns, for a person.
package struct TextTable: Sendable {
    package struct Column: Sendable {
        package let title: String
        package let isNumeric: Bool

        package init(_ title: String, isNumeric: Bool = false) {
            self.title = title
            self.isNumeric = isNumeric
        }
    }

    /// Widest cell that is shown whole where nobody says how wide a line is; a longer one ends with
    /// an ellipsis.
    private static let widestCell = 48
    /// Cells are not cut below this width for the others' sake.
    private static let narrowestCell = 8

    private let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row with one text for each column.
    package mutating func append(_ row: [String]) {
        precondition(row.count == columns.count, "a row has one text for each column")
        rows.append(row.map { TerminalText.line($0) })
    }

    /// The title line, a rule, and the rows; numbers end and text begins at its column's edge.
    package var lines: [String] { lines(widths: naturalWidths.map { min($0, Self.widestCell) }) }

    /// The same, where a line has room for so many columns of a terminal: text is cut where it is
    /// longest, numbers never are. Titles that need more room than there is take it.
    package func lines(within width: Int) -> [String] {
        var widths = naturalWidths
        var excess = widths.reduce(2 * (columns.count - 1), +) - width
        while excess > 0 {
            let texts = columns.indices.filter {
                !columns[$0].isNumeric && widths[$0] > Self.narrowestCell
            }
            guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return lines(widths: widths)
    }

    private var naturalWidths: [Int] {
        columns.indices.map { index in
            rows.reduce(DisplayWidth.of(columns[index].title)) {
                max($0, DisplayWidth.of($1[index]))
            }
        }
    }

    private func lines(widths: [Int]) -> [String] {
        let titles = columns.map { TerminalText.line($0.title) }
        let rule = widths.map { String(repeating: "-", count: $0) }
        return ([titles, rule] + rows).map { row in
            let cells = row.enumerated().map { index, text in
                let cell = Self.cut(text, to: widths[index])
                let blanks = String(
                    repeating: " ", count: max(0, widths[index] - DisplayWidth.of(cell)))
                return columns[index].isNumeric ? blanks + cell : cell + blanks
            }
            return cells.joined(separator: "  ").trimmingTrailingBlanks
        }
    }

    /// The beginning of a text that has so many columns of a terminal, with an ellipsis when
    /// something is missing.
    private static func cut(_ text: String, to width: Int) -> String {
        guard DisplayWidth.of(text) > width else { return text }
        var shown = ""
        var used = 1
        for character in text {
            used += DisplayWidth.of(character)
            guard used <= width else { break }
            shown.append(character)
        }
        return shown + "…"
    }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
