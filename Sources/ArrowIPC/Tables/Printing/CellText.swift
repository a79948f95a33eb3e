internal import BridgeBytes

/// One value as text for people, as far as there is room for it: a value of any size costs what is
/// shown of it.
struct CellText {
    private(set) var text = ""
    /// The columns that the text takes on a terminal.
    private(set) var width = 0
    private let limit: Int
    /// What stands at the end however little room there is for the rest, such as a size.
    private var ending = ""
    /// Whether there was no room for all of it.
    private(set) var isCut = false

    /// - Parameter limit: The columns that there are, the ellipsis counted.
    init(limit: Int) { self.limit = max(limit, 1) }

    /// The text of a value in so many columns; content that is invalid shows as its error's code.
    static func of(
        _ column: Column, _ position: Int, limit: Int
    ) -> CellText {
        var cell = CellText(limit: limit)
        do throws(ArrowError) {
            try cell.append(column, position, isNested: false)
        } catch {
            cell.append("<\(error.code.rawValue)>")
        }
        return cell
    }

    /// A name, such as a column's.
    static func of(_ name: String, limit: Int) -> CellText {
        var cell = CellText(limit: limit)
        cell.append(escaping: name)
        return cell
    }

    /// The columns that what stands at the end needs, with the beginning of the rest.
    var leastWidth: Int { ending.isEmpty ? 0 : min(width, ending.count + Self.leastBeforeEnding) }

    /// The text in fewer columns.
    func cut(to limit: Int) -> CellText {
        guard width > limit else { return self }
        guard !ending.isEmpty, ending.count + Self.leastBeforeEnding <= limit else {
            return .of(text, limit: limit)
        }
        var short = CellText(limit: limit)
        short.ending = ending
        let start = CellText.of(String(text.dropLast(ending.count)), limit: limit - ending.count)
        short.append(start.text + ending)
        return short
    }

    /// Columns that are shown before the ending, or nothing is made of it: `0x…`.
    private static let leastBeforeEnding = 3

    /// Appends as much as there is room for; once something had none, nothing more.
    mutating func append(_ part: String) {
        for character in part {
            guard !isCut else { return }
            let columns = DisplayWidth.of(character)
            guard width + columns <= limit else {
                isCut = true
                cut()
                return
            }
            text.append(character)
            width += columns
        }
    }

    /// Makes room for an ellipsis at the end.
    private mutating func cut() {
        while width >= limit, let last = text.popLast() { width -= DisplayWidth.of(last) }
        text += "…"
        width += 1
    }

    /// Appends text of which nothing steers a terminal afterwards.
    mutating func append(escaping part: String) {
        for character in part {
            guard !isCut else { return }
            let isClean = character.unicodeScalars.allSatisfy { !DisplayWidth.isHarmful($0) }
            guard !isClean else {
                append(String(character))
                continue
            }
            for scalar in character.unicodeScalars { append(Self.visible(scalar)) }
        }
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case _ where DisplayWidth.isHarmful(scalar): "\\u{\(String(scalar.value, radix: 16))}"
        default: String(scalar)
        }
    }

    /// Most bytes of a character that a text begins with: a letter with more marks than that is
    /// cut.
    private static let longestCharacter = 32

    /// Appends the beginning of a text, in quotation marks where it could be taken for something
    /// else.
    mutating func append(text bytes: Bytes, isNested: Bool) {
        // A column takes at least a byte, so what lies beyond cannot be shown.
        let most = limit * 4 + Self.longestCharacter
        let isLong = bytes.count > most
        var end = min(bytes.count, most)
        while isLong, end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        let shown = String(repairing: bytes[0..<end])
        let isQuoted =
            isNested || shown.isEmpty || shown == "null" || shown.first == " "
            || !isLong && shown.last == " "
        if isQuoted { append("\"") }
        append(escaping: shown)
        if isLong, !isCut {
            isCut = true
            cut()
        }
        if isQuoted { append("\"") }
    }

    /// Bytes of a binary value that are shown before its size.
    private static let shownBytes = 8

    /// Appends the first bytes and the size, which stays where the digits have no room.
    mutating func append(binary bytes: Bytes, isNested: Bool) {
        let shown = bytes[0..<min(bytes.count, Self.shownBytes)]
        let rest = bytes.count > shown.count ? "…" : ""
        let size = " (\(bytes.count) B)"
        if !isNested, text.isEmpty {
            var whole = CellText(limit: Int.max / 8)
            whole.ending = size
            whole.append("0x\(Hex.string(shown.span))\(rest)\(size)")
            self = whole.cut(to: limit)
        } else {
            append("0x\(Hex.string(shown.span))\(rest)\(size)")
        }
    }
}
