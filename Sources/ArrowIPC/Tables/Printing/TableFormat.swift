/// How a table is shown to a person: `table.formatted(TableFormat(rows: 20))`.
public struct TableFormat: Sendable {
    /// Most rows of the beginning.
    public var rows: Int
    /// Most rows of the end, after those of the beginning.
    public var tail: Int
    /// Most columns; nil for as many as the width has room for.
    public var columns: Int?
    /// Most characters of a line, in columns of a terminal; nil for lines of any length.
    public var width: Int?
    /// Most characters of a cell; a longer one ends with an ellipsis.
    public var cellWidth: Int
    /// Whether names are bold and what is no value is dim, by the escapes of terminals.
    public var usesColor: Bool
    /// How the values of extension types are shown.
    public var extensions: ExtensionRegistry

    /// A format with all its parts. Numbers below zero count as zero.
    public init(
        rows: Int = 10, tail: Int = 0, columns: Int? = nil, width: Int? = 120,
        cellWidth: Int = 40, usesColor: Bool = false,
        extensions: ExtensionRegistry = ExtensionRegistry()
    ) {
        self.rows = rows
        self.tail = tail
        self.columns = columns
        self.width = width
        self.cellWidth = cellWidth
        self.usesColor = usesColor
        self.extensions = extensions
    }
}

extension Table {
    /// The table as text: a line of names, one of types, the first rows and the last ones, and how
    /// many there are. Nothing in it steers a terminal, whatever the table holds.
    ///
    /// Complexity: O(what is shown), however large the table and its values.
    public func formatted(_ format: TableFormat = TableFormat()) -> String {
        var picture = TablePicture(schema, format)
        let head = min(max(format.rows, 0), count)
        let tail = min(max(format.tail, 0), count - head)
        for batch in prefix(head).batches { picture.append(batch) }
        if tail > 0 {
            if head + tail < count { picture.appendGap(count - head - tail) }
            for batch in self[count - tail..<count].batches { picture.append(batch) }
        }
        return picture.lines(count: count, batches: batches.count).joined(separator: "\n")
    }
}

extension Table: CustomStringConvertible {
    /// A readable excerpt: the first rows, in lines of at most 120 characters, and the size.
    public var description: String { formatted() }
}

extension RecordBatch: CustomStringConvertible {
    /// A readable excerpt of the first rows.
    public var description: String { Table(self).description }
}

extension Column: CustomStringConvertible {
    /// The type, the number of values and the first of them, each cut to a few characters.
    public var description: String {
        "\(type)[\(count)]: \(Self.excerpt([self], count: count))"
    }

    /// The first values of several columns.
    static func excerpt(_ chunks: [Column], count: Int) -> String {
        var shown: [String] = []
        for chunk in chunks {
            for position in 0..<min(chunk.count, 10 - shown.count) {
                shown.append(CellText.of(chunk, position, limit: 40).text)
            }
        }
        return shown.joined(separator: ", ") + (count > shown.count ? ", …" : "")
    }
}

extension TableColumn: CustomStringConvertible {
    /// Name and type, the number of values and the first of them, each cut to a few characters.
    public var description: String {
        let name = CellText.of(name, limit: 80).text
        return "\(name): \(type)[\(count)]: \(Column.excerpt(chunks, count: count))"
    }
}

extension Bitmap: CustomStringConvertible {
    /// The first bits, in their order, as 0 and 1.
    public var description: String {
        let shown = prefix(64).map { $0 ? "1" : "0" }.joined()
        return "Bitmap(\(shown)\(count > 64 ? "…" : ""))"
    }
}
