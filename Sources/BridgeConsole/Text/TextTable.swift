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

    /// Widest cell that is shown whole; a longer one ends with an ellipsis.
    private static let widestCell = 48

    private let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row with one text for each column.
    package mutating func append(_ row: [String]) {
        precondition(row.count == columns.count, "a row has one text for each column")
        rows.append(row.map(Self.cell))
    }

    /// The title line, a rule, and the rows; numbers end and text begins at its column's edge.
    package var lines: [String] {
        let titles = columns.map { Self.cell($0.title) }
        let widths = columns.indices.map { index in
            rows.reduce(titles[index].count) { max($0, $1[index].count) }
        }
        let rule = widths.map { String(repeating: "-", count: $0) }
        return ([titles, rule] + rows).map { row in
            let cells = row.enumerated().map { index, text in
                columns[index].isNumeric
                    ? Figures.rightAligned(text, widths[index])
                    : Figures.padded(text, widths[index])
            }
            return cells.joined(separator: "  ").trimmingTrailingBlanks
        }
    }

    /// A text on one line, cut to the widest cell.
    private static func cell(_ text: String) -> String {
        TerminalText.line(text, atMost: widestCell)
    }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
