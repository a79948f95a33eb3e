/// Public calls that throw say what, by type and code, and those that wait say what cancelling the
/// task does to them.
///
/// ## Theory of operation
/// A call is whatever can carry an effect: functions, initializers, subscripts, and properties
/// whose getter says `async` or `throws`; public by their own word, or as a requirement of a public
/// protocol. Its signature is read without what stands in parentheses, so that a closure among the
/// parameters says nothing of the call. A call without a comment of its own that carries out a
/// documented requirement of the project's protocols says what the requirement says.
enum PromiseRules {
    /// What one declaration leaves out.
    enum Gap: String {
        case throwing = "it throws and does not say what: write - Throws: with type and codes"
        case type = "its - Throws: does not name the type of the error"
        case codes = "its - Throws: names no code (a constant of ErrorCode), nor what else it is"
        case waiting = "it waits and does not say what cancelling the task does"
    }

    static func check(_ files: [SourceFile], requirements: Set<String>) -> [Finding] {
        let codes = self.codes(of: files)
        return files.filter { $0.isSwift && $0.isUnder("Sources") }.flatMap { file in
            gaps(of: file, requirements: requirements, codes: codes).map { line, gap in
                Finding(file, line: line, gap.rawValue)
            }
        }
    }

    /// The names of the constants that the layers give `ErrorCode`.
    static func codes(of files: [SourceFile]) -> Set<String> {
        var found: Set<String> = []
        for file in files where file.isSwift && file.isUnder("Sources") {
            for (index, code) in file.code.enumerated() where code.holds("= ErrorCode(rawValue:") {
                let words = file.words[index]
                if let place = words.firstIndex(of: "let"), place + 1 < words.count {
                    found.insert(words[place + 1])
                }
            }
        }
        return found
    }

    /// The lines of public calls that leave something out.
    static func gaps(
        of file: SourceFile, requirements: Set<String> = [], codes: Set<String> = []
    ) -> [(line: Int, gap: Gap)] {
        var isInProtocol = false
        var found: [(line: Int, gap: Gap)] = []
        for (index, words) in file.words.enumerated() {
            let code = file.code[index]
            if code.hasPrefix("public protocol ") { isInProtocol = true }
            if code.hasPrefix("}") { isInProtocol = false }
            guard isInProtocol || words.contains("public"), let name = callName(words) else {
                continue
            }
            let signature = self.signature(in: file, from: index)
            let comment = self.comment(in: file, above: index)
            if comment.isEmpty, !isInProtocol, requirements.contains(name) { continue }
            if signature.words.contains("throws") {
                found += throwingGaps(comment, signature.error, codes).map { (index + 1, $0) }
            }
            if signature.words.contains("async"), !comment.lowercased().holds("cancel") {
                found.append((index + 1, .waiting))
            }
        }
        return found
    }

    private static func throwingGaps(
        _ comment: String, _ error: String?, _ codes: Set<String>
    ) -> [Gap] {
        guard let text = throwsSection(comment) else { return [.throwing] }
        let quoted = text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 && !$0.element.isEmpty ? String($0.element) : nil }
        // "As `other(_:)`": what the other one says holds here, too.
        let isReference = ["as `", "as the form"].contains { text.lowercased().holds($0) }
        // "What `body` throws": the error of a closure, a coder or a sequence of the caller's.
        let isForeign = text.lowercased().holds("what ") && text.holds(" throw")
        var gaps: [Gap] = []
        if let error, !quoted.contains(error), !isReference, !isForeign { gaps.append(.type) }
        if !quoted.contains(where: { codes.contains($0) }), !isReference, !isForeign {
            gaps.append(.codes)
        }
        return gaps
    }

    /// The text of "- Throws:" up to the next item or paragraph; nil when there is none.
    private static func throwsSection(_ comment: String) -> String? {
        guard let start = comment.range(ofText: "- Throws:") else { return nil }
        var text = ""
        for line in comment[start...].split(separator: "\n", omittingEmptySubsequences: false) {
            let content = String(line.drop { $0 == "/" }).trimmed
            if !text.isEmpty, content.isEmpty || content.hasPrefix("- ") { break }
            text += content + " "
        }
        return String(text.dropFirst("- Throws:".count))
    }

    /// "func send" of a line that declares a call; "var …" and "subscript" may turn out to be none.
    private static func callName(_ words: [String]) -> String? {
        guard let kind = words.firstIndex(where: { kinds.contains($0) }) else { return nil }
        guard kind + 1 < words.count, ["func", "var"].contains(words[kind]) else {
            return words[kind]
        }
        return words[kind] + " " + words[kind + 1]
    }

    private static let kinds: Set<String> = ["func", "init", "var", "subscript"]

    /// The words of a declaration up to its body, and of its getter, without what stands in
    /// parentheses; with the type of a typed error.
    private static func signature(
        in file: SourceFile, from start: Int
    ) -> (words: [String], error: String?) {
        var depth = 0
        var outside = ""
        var error: String?
        var inside = ""
        var braces = 0
        reading: for (offset, code) in file.code[start...].prefix(20).enumerated() {
            if offset > 0, depth == 0, braces == 0, !goesOn(code.trimmed) { break }
            for character in code {
                if character == ")" {
                    depth -= 1
                    if depth == 0, outside.trimmed.hasSuffix("throws(") { error = inside }
                }
                if depth == 0 {
                    outside.append(character)
                } else {
                    inside.append(character)
                }
                if character == "(" {
                    depth += 1
                    if depth == 1 { inside = "" }
                }
                if depth == 0, character == "}" { break reading }
                if depth == 0, character == "{" {
                    braces += 1
                    guard braces == 1, file.words[start].contains(where: accessed.contains) else {
                        break reading
                    }
                }
            }
            outside.append(" ")
        }
        let parts = outside.split(separator: "{", omittingEmptySubsequences: false).map {
            $0.split { !$0.isLetter }.map(String.init)
        }
        let getter = parts.dropFirst().first ?? []
        // What a property's type says of closures is none of the getter's effects.
        let isAccessed = file.words[start].contains(where: accessed.contains)
        let head = isAccessed ? [] : parts.first ?? []
        return (head + (getter.first == "get" ? getter : []), error)
    }

    private static let accessed: Set<String> = ["var", "subscript"]

    private static func goesOn(_ line: String) -> Bool {
        ["async", "throws", "->", "where", "{", ")", "get"].contains { line.hasPrefix($0) }
    }

    private static func comment(in file: SourceFile, above index: Int) -> String {
        var lines: [String] = []
        var above = index - 1
        while above >= 0 {
            let line = file.lines[above].trimmed
            guard line.hasPrefix("///") || line.hasPrefix("@") else { break }
            if line.hasPrefix("///") { lines.append(line) }
            above -= 1
        }
        return lines.reversed().joined(separator: "\n")
    }
}
