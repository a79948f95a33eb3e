internal import BridgeBytes

/// A table as lines of text, made of the rows that are to be shown.
///
/// ## Theory of operation
/// Rows are turned into cells as they are appended, each as wide as a cell may be at most. Then the
/// widths are settled: columns that need little get what they need, and wide ones share what is
/// left, down to `narrowest`. Where that is not enough, columns are left out from the end, and
/// named below. Everything is counted in columns of a terminal.
package struct TablePicture {
    private let schema: Schema
    private let format: TableFormat
    private let look: Look
    /// How many of the columns have cells: more cannot be shown.
    private let columnCount: Int
    private let extensionNames: [String?]
    private var rows: [Row] = []
    private var shown = 0

    private enum Row {
        case cells([Cell])
        case gap(Int)
    }

    private struct Cell {
        let text: CellText
        let isNull: Bool
    }

    /// How a table looks that is itself about another one.
    struct Look {
        /// Whether a line below the names has the types.
        var hasTypes = true
        /// What stands for a null, where it means that there is nothing to say.
        var absent: String?
        /// Columns that line up at their end, whatever their type.
        var endAligned: Set<String> = []
        /// Whether texts are names and numbers, which nobody takes for something else.
        var isPlain = false
        /// How many columns the other table has, of which the last line tells.
        var columnsOfOther: Int?
    }

    private static let separator = 2
    /// A wide column is not made narrower than this.
    private static let narrowest = 10
    /// Most columns when the width says nothing.
    private static let mostColumns = 1_000
    /// Most names of columns that are told to be left out.
    private static let mostNames = 8

    package init(_ schema: Schema, _ format: TableFormat) {
        self.init(schema, format, look: Look())
    }

    init(_ schema: Schema, _ format: TableFormat, look: Look) {
        self.schema = schema
        self.format = format
        self.look = look
        let fitting = format.width.map { max($0, 0) / (1 + Self.separator) + 1 }
        columnCount = min(
            schema.fields.count, max(format.columns ?? Int.max, 0), fitting ?? Self.mostColumns)
        extensionNames = schema.fields.prefix(columnCount).map { $0.extensionType?.name }
    }

    /// Adds all rows of a batch.
    package mutating func append(_ batch: RecordBatch) {
        for position in 0..<batch.count {
            let cells = batch.columns.prefix(columnCount).enumerated().map { index, column in
                Cell(
                    text: text(column, position, extensionNames[index]),
                    isNull: column.showsNull(at: position))
            }
            rows.append(.cells(cells))
        }
        shown += batch.count
    }

    private func text(
        _ column: Column, _ position: Int, _ extensionName: String?
    ) -> CellText {
        let limit = format.cellWidth
        if let absent = look.absent, column.isNull(at: position) {
            return .of(absent, limit: limit)
        }
        if look.isPlain, let text = try? column.text(at: position) {
            return .of(text, limit: limit)
        }
        let known = extensionName.flatMap { format.extensions.text($0, column, position) }
        return known.map { .of($0, limit: limit) } ?? .of(column, position, limit: limit)
    }

    /// Says that rows are left out here.
    package mutating func appendGap(_ count: Int) { rows.append(.gap(count)) }

    /// The lines.
    /// - Parameters:
    ///   - count: How many rows the table has.
    ///   - batches: How many batches.
    package func lines(count: Int, batches: Int) -> [String] {
        let widths = widths()
        var lines: [String] = []
        if !widths.isEmpty {
            let fields = schema.fields.prefix(widths.count)
            let isCut = widths.count < schema.fields.count && hasRoom(behind: widths)
            lines.append(
                line(
                    zip(fields, widths).map { styled(.of($0.name, limit: $1), .bold) }, widths,
                    isCut))
            if look.hasTypes {
                lines.append(
                    line(
                        zip(fields, widths).map { styled(.of($0.typeText, limit: $1), .dim) },
                        widths, isCut))
            }
            let rule = zip(widths, fields).map { width, _ in
                styled(.of(String(repeating: "─", count: width), limit: width), .dim)
            }
            lines.append(line(rule, widths, isCut))
            for row in rows { lines.append(self.line(row, widths, isCut)) }
        }
        lines.append("")
        return lines + summary(count: count, batches: batches, columns: widths.count)
    }
}

// MARK: - Widths

extension TablePicture {
    /// The widths of the columns that are shown.
    private func widths() -> [Int] {
        var least: [Int] = []
        let wanted = (0..<columnCount).map { index in
            let field = schema.fields[index]
            let head = max(CellText.of(field.name, limit: format.cellWidth).width, 1)
            let type =
                look.hasTypes
                ? min(CellText.of(field.typeText, limit: format.cellWidth).width, Self.typeRoom)
                : 0
            var (values, kept) = (0, 0)
            for case .cells(let cells) in rows {
                values = max(values, cells[index].text.width)
                kept = max(kept, cells[index].text.leastWidth)
            }
            let all = max(head, type, values)
            let whole = field.type.isShownWhole ? min(values, Self.wholeRoom) : kept
            least.append(max(whole, min(all, Self.narrowest)))
            return all
        }
        guard let room = format.width else { return wanted }
        var number = wanted.count
        while number > 0 {
            let isCut = number < schema.fields.count
            if let widths = Self.fit(wanted.prefix(number), least, into: room, isCut: isCut) {
                return widths
            }
            number -= 1
        }
        // A terminal narrower than one column shows that much of it.
        return wanted.isEmpty ? [] : [max(min(wanted[0], room), 1)]
    }

    /// Whether a mark of what is left out fits behind the columns.
    private func hasRoom(behind widths: [Int]) -> Bool {
        guard let room = format.width else { return true }
        return widths.reduce(0, +) + Self.separator * widths.count + 1 <= room
    }

    /// A type alone does not make a column wider than this: nested ones are long.
    private static let typeRoom = 24
    /// A number or a moment that is cut would look like another one, up to this width.
    private static let wholeRoom = 40

    /// The widths of columns that share a line; nil when they cannot.
    private static func fit(
        _ wanted: ArraySlice<Int>, _ least: [Int], into room: Int, isCut: Bool
    ) -> [Int]? {
        var widths = Array(least.prefix(wanted.count))
        let ellipsis = isCut ? 1 + separator : 0
        var left = room - separator * (wanted.count - 1) - ellipsis - widths.reduce(0, +)
        guard left >= 0 else { return nil }
        // Those that need least more come first: what they leave is shared by the others.
        let order = wanted.indices.sorted { wanted[$0] - least[$0] < wanted[$1] - least[$1] }
        for (place, index) in order.enumerated() {
            let more = min(wanted[index] - widths[index], left / (wanted.count - place))
            widths[index] += more
            left -= more
        }
        return widths
    }
}

// MARK: - Lines

extension TablePicture {
    private enum Style { case plain, bold, dim }

    private struct Styled {
        let text: CellText
        let style: Style
    }

    private func styled(_ text: CellText, _ style: Style) -> Styled {
        Styled(text: text, style: style)
    }

    private func line(_ row: Row, _ widths: [Int], _ isCut: Bool) -> String {
        switch row {
        case .cells(let cells):
            return line(
                cells.prefix(widths.count).map { styled($0.text, $0.isNull ? .dim : .plain) },
                widths, isCut)
        case .gap(let count):
            let cell = CellText.of("⋮ \(Self.counted(count, "more row"))", limit: 80)
            return colored(cell.text, .dim)
        }
    }

    private func line(_ cells: [Styled], _ widths: [Int], _ isCut: Bool) -> String {
        var parts: [String] = []
        for (index, cell) in cells.enumerated() {
            let width = widths[index]
            var text = cell.text
            if text.width > width { text = text.cut(to: width) }
            let blanks = String(repeating: " ", count: width - text.width)
            let shown = colored(text.text, cell.style)
            let isLast = index == cells.count - 1 && !isCut
            parts.append(
                isEndAligned(schema.fields[index])
                    ? blanks + shown : shown + (isLast ? "" : blanks))
        }
        if isCut { parts.append(colored("…", .dim)) }
        return parts.joined(separator: String(repeating: " ", count: Self.separator))
    }

    private func isEndAligned(_ field: Field) -> Bool {
        field.type.isRightAligned || look.endAligned.contains(field.name)
    }

    private func colored(_ text: String, _ style: Style) -> String {
        guard format.usesColor, style != .plain else { return text }
        return (style == .bold ? "\u{1B}[1m" : "\u{1B}[2m") + text + "\u{1B}[0m"
    }

    private func summary(count: Int, batches: Int, columns: Int) -> [String] {
        let all = schema.fields.count
        let other = look.columnsOfOther
        let rows = shown < count && other == nil ? "\(Self.grouped(shown)) of " : ""
        let part = columns < all && other == nil ? "\(Self.grouped(columns)) of " : ""
        let size = Self.size(rows: count, columns: other ?? all, batches: batches, of: part)
        var lines = [rows + size]
        if columns < all {
            let rest = schema.fields[columns...]
            var names = rest.prefix(Self.mostNames)
                .map { field in
                    let type = look.hasTypes ? " (\(field.typeText))" : ""
                    return CellText.of(field.name + type, limit: 40).text
                }
            if rest.count > names.count { names.append("…") }
            let text = "not shown: " + names.joined(separator: ", ")
            lines.append(CellText.of(text, limit: format.width ?? Int.max / 8).text)
        }
        return lines.map { colored($0, .dim) }
    }

    /// How large a table is, in words.
    /// - Parameter part: What stands before the number of columns, such as `3 of `.
    package static func size(
        rows: Int, columns: Int, batches: Int, of part: String = ""
    ) -> String {
        let (rows, columns) = (counted(rows, "row"), counted(columns, "column"))
        return "\(rows), \(part)\(columns), \(counted(batches, "batch", "batches"))"
    }

    private static func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        number == 1 ? "1 \(one)" : "\(grouped(number)) \(many ?? one + "s")"
    }

    private static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
