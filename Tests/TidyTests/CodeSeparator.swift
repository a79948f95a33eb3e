/// Tells code from comments and string literals, line by line.
///
/// ## Theory of operation
/// It keeps, over the lines, a stack of what it is inside of: block comments (which nest), string
/// literals (with their number of `#` and whether they span lines) and interpolations (with
/// their depth of parentheses). A character goes to the code or to the comment of its line and
/// leaves a blank in the other; the content of a literal leaves a blank in both, an
/// interpolation's content is code. A literal of one line that is not closed ends with its line.
struct CodeSeparator {
    private enum Inside: Equatable {
        case comment
        case literal(hashes: Int, multiline: Bool)
        case interpolation(parentheses: Int)
    }

    private var stack: [Inside] = []
    private var code: [Character] = []
    private var comment: [Character] = []

    mutating func separate(_ line: String) -> (code: String, comment: String) {
        if stack.isEmpty, let parts = Self.simple(line) { return parts }
        code = []
        comment = []
        let characters = Array(line)
        var position = 0
        while position < characters.count {
            let rest = characters[position...]
            switch stack.last {
            case .comment: position += inComment(rest)
            case .literal(let hashes, let multiline): position += inLiteral(rest, hashes, multiline)
            case .interpolation, nil: position += inCode(rest)
            }
        }
        while case .literal(_, multiline: false) = stack.last { stack.removeLast() }
        return (String(code), String(comment))
    }

    /// Most lines hold neither a quote nor a slash, or are a comment from their start.
    private static func simple(_ line: String) -> (code: String, comment: String)? {
        let blanks = String(repeating: " ", count: line.utf8.count)
        if line.utf8.drop(while: { $0 == UInt8(ascii: " ") }).starts(with: "//".utf8) {
            return (blanks, line)
        }
        let marks = [UInt8(ascii: "\""), UInt8(ascii: "/")]
        return line.utf8.contains(where: marks.contains) ? nil : (line, blanks)
    }

    private mutating func inComment(_ rest: ArraySlice<Character>) -> Int {
        if starts(rest, "*/") {
            stack.removeLast()
            return emit(rest.prefix(2), toComment: true)
        }
        if starts(rest, "/*") {
            stack.append(.comment)
            return emit(rest.prefix(2), toComment: true)
        }
        return emit(rest.prefix(1), toComment: true)
    }

    private mutating func inLiteral(
        _ rest: ArraySlice<Character>, _ hashes: Int, _ multiline: Bool
    ) -> Int {
        let marks = String(repeating: "#", count: hashes)
        let end = (multiline ? "\"\"\"" : "\"") + marks
        if starts(rest, end) {
            stack.removeLast()
            return emit(rest.prefix(end.count))
        }
        if starts(rest, "\\" + marks + "(") {
            stack.append(.interpolation(parentheses: 0))
            return blank(hashes + 1)
        }
        if starts(rest, "\\" + marks) { return blank(min(rest.count, hashes + 2)) }
        return blank(1)
    }

    private mutating func inCode(_ rest: ArraySlice<Character>) -> Int {
        if starts(rest, "//") { return emit(rest, toComment: true) }
        if starts(rest, "/*") {
            stack.append(.comment)
            return emit(rest.prefix(2), toComment: true)
        }
        let hashes = rest.prefix { $0 == "#" }.count
        let afterHashes = rest.dropFirst(hashes)
        if afterHashes.first == "\"" {
            let multiline = starts(afterHashes, "\"\"\"")
            stack.append(.literal(hashes: hashes, multiline: multiline))
            return emit(rest.prefix(hashes + (multiline ? 3 : 1)))
        }
        if case .interpolation(let depth) = stack.last {
            countParenthesis(rest.first, depth)
        }
        return emit(rest.prefix(1))
    }

    private mutating func countParenthesis(_ character: Character?, _ depth: Int) {
        if character == "(" {
            stack[stack.count - 1] = .interpolation(parentheses: depth + 1)
        } else if character == ")" {
            stack[stack.count - 1] = .interpolation(parentheses: depth - 1)
            if depth <= 1 { stack.removeLast() }
        }
    }

    private func starts(_ rest: ArraySlice<Character>, _ text: String) -> Bool {
        rest.starts(with: text)
    }

    private mutating func emit(_ characters: ArraySlice<Character>, toComment: Bool = false) -> Int
    {
        for character in characters {
            code.append(toComment ? " " : character)
            comment.append(toComment ? character : " ")
        }
        return characters.count
    }

    private mutating func blank(_ count: Int) -> Int {
        for _ in 0..<count {
            code.append(" ")
            comment.append(" ")
        }
        return count
    }
}
