internal import BridgeBytes

extension Table: CustomStringConvertible {
    /// A readable excerpt: the size, the first rows, and columns as wide as the text allows.
    public var description: String { excerpt(rows: 10) }

    /// The first rows as a text table; see `description`.
    /// - Parameters:
    ///   - rows: How many rows at most.
    ///   - width: Most characters of a cell; longer ones end with "…".
    public func excerpt(rows: Int, width: Int = 32) -> String {
        let shown = schema.fields.prefix(Self.maxExcerptColumns)
        var grid = [
            shown.map { Cell.cut($0.name, width) }, shown.map { Cell.cut("\($0.type)", width) },
        ]
        var left = rows
        for batch in batches where left > 0 {
            for row in 0..<min(left, batch.count) {
                grid.append(
                    batch.columns.prefix(shown.count).map {
                        Cell.cut(Cell.text($0, row, depth: 0), width)
                    })
            }
            left -= min(left, batch.count)
        }
        var lines = [
            "\(Self.counted(count, "row")) × \(Self.counted(columnCount, "column")) in "
                + Self.counted(batches.count, "batch", "batches")
        ]
        lines += Self.aligned(grid)
        if count > rows { lines.append("… \(Self.counted(count - max(rows, 0), "more row"))") }
        if shown.count < columnCount {
            lines.append("… \(Self.counted(columnCount - shown.count, "more column"))")
        }
        return lines.joined(separator: "\n")
    }

    private static func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        number == 1 ? "1 \(one)" : "\(number) \(many ?? one + "s")"
    }

    /// Wider tables show only so many of their columns.
    private static let maxExcerptColumns = 16

    /// The cells of each column padded to one width.
    private static func aligned(_ grid: [[String]]) -> [String] {
        var widths = grid[0].map(\.count)
        for row in grid {
            for (column, text) in row.enumerated() {
                widths[column] = max(widths[column], text.count)
            }
        }
        return grid.map { row in
            let cells = zip(row, widths).map { text, width in
                text + String(repeating: " ", count: width - text.count)
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension RecordBatch: CustomStringConvertible {
    /// A readable excerpt of the first rows.
    public var description: String { Table(self).description }
}

extension Column: CustomStringConvertible {
    /// The type, the number of values and the first of them.
    public var description: String {
        let shown = (0..<min(count, 10)).map { Cell.text(self, $0, depth: 0) }
        let rest = count > 10 ? ", …" : ""
        return "\(type)[\(count)]: \(shown.joined(separator: ", "))\(rest)"
    }
}

extension TableColumn: CustomStringConvertible {
    /// Name and type, the number of values and the first of them.
    public var description: String {
        var shown: [String] = []
        for chunk in chunks {
            for position in 0..<min(chunk.count, 10 - shown.count) {
                shown.append(Cell.text(chunk, position, depth: 0))
            }
        }
        let rest = count > 10 ? ", …" : ""
        return "\(name): \(type)[\(count)]: \(shown.joined(separator: ", "))\(rest)"
    }
}

extension Bitmap: CustomStringConvertible {
    /// The first bits, in their order, as 0 and 1.
    public var description: String {
        let shown = prefix(64).map { $0 ? "1" : "0" }.joined()
        return "Bitmap(\(shown)\(count > 64 ? "…" : ""))"
    }
}

/// One value as text for people; content that is invalid shows as its error's code.
private enum Cell {
    /// Lists show only so many of their items, and values nest only so deep.
    private static let maxItems = 8
    private static let maxDepth = 4

    static func cut(_ text: String, _ width: Int) -> String {
        let line = text.map { $0.isNewline || $0 == "\t" ? " " : $0 }
        return line.count <= width ? String(line) : String(line.prefix(width - 1)) + "…"
    }

    static func text(_ column: Column, _ position: Int, depth: Int) -> String {
        do throws(ArrowError) {
            return try value(column, position, depth)
        } catch {
            return "<\(error.code.rawValue)>"
        }
    }

    private static func value(
        _ column: Column, _ position: Int, _ depth: Int
    ) throws(ArrowError) -> String {
        if column.isNull(at: position) { return "null" }
        guard depth < maxDepth else { return "…" }
        switch column.type {
        case .bool: return try column.bits()[position] ? "true" : "false"
        case .utf8, .largeUTF8, .utf8View: return try column.text(at: position) ?? "null"
        case .decimal: return try column.decimalText(at: position) ?? "null"
        case .structure(let fields):
            let parts = zip(fields, column.children).map {
                "\($0.name): \(text($1, position, depth: depth + 1))"
            }
            return "{\(parts.joined(separator: ", "))}"
        case .list, .largeList, .listView, .largeListView, .fixedSizeList, .map:
            guard let items = try column.list(at: position) else { return "null" }
            let parts = (0..<min(items.count, maxItems)).map { text(items, $0, depth: depth + 1) }
            return "[\(parts.joined(separator: ", "))\(items.count > maxItems ? ", …" : "")]"
        case .dictionary, .union, .runEndEncoded:
            let place = try column.resolved(at: position)
            return text(place.column, place.position, depth: depth + 1)
        case .timestamp, .date32, .date64:
            return try column[position..<position + 1].momentText() ?? "null"
        default: return try number(column, position)
        }
    }

    private static func number(
        _ column: Column, _ position: Int
    ) throws(ArrowError) -> String {
        switch column.type {
        case .int8: return try show(Int8.self, column, position)
        case .int16: return try show(Int16.self, column, position)
        case .uint8: return try show(UInt8.self, column, position)
        case .uint16: return try show(UInt16.self, column, position)
        case .uint32: return try show(UInt32.self, column, position)
        case .uint64: return try show(UInt64.self, column, position)
        case .float16: return try show(Float16.self, column, position)
        case .float32: return try show(Float.self, column, position)
        case .float64: return try show(Double.self, column, position)
        default: break
        }
        if Int32.represents(column.type) { return try show(Int32.self, column, position) }
        if Int64.represents(column.type) { return try show(Int64.self, column, position) }
        let bytes = try column.bytes(at: position) ?? Bytes()
        return "0x" + Hex.string(bytes.span.extracting(0..<min(bytes.count, 16)))
    }

    private static func show<T: ArrowPrimitive & CustomStringConvertible>(
        _ type: T.Type, _ column: Column, _ position: Int
    ) throws(ArrowError) -> String {
        try column.number(type, at: position)?.description ?? "null"
    }
}
