/// Public declarations say what they are; machines and parsers open with their theory.
enum DocumentationRules {
    private static let kinds: Set<String> = [
        "func", "var", "let", "struct", "enum", "class", "actor", "protocol", "init", "subscript",
        "typealias", "case", "macro",
    ]

    /// Witnesses of standard protocols, whose meaning the protocol documents.
    private static let witnesses: [String] = [
        "func hash(", "func ==", "func <", "static func", "var description", "init(stringLiteral",
        "var debugDescription", "init(arrayLiteral", "init(dictionaryLiteral", "init(nilLiteral",
        "init(integerLiteral", "init(floatLiteral", "init(booleanLiteral", "func makeIterator",
        "func makeAsyncIterator", "func next(", "var underestimatedCount", "typealias Element",
        "typealias Failure", "typealias AsyncIterator", "var startIndex", "var endIndex",
        "func index(", "typealias Iterator", "init(unicodeScalarLiteral",
        "init(extendedGraphemeClusterLiteral", "var customMirror", "var errorDescription",
        "struct Iterator", "struct AsyncIterator",
    ]

    /// - Parameter requirements: What `requirements(of:)` found: a witness of it says no more.
    static func check(_ file: SourceFile, requirements: Set<String> = []) -> [Finding] {
        guard file.isSwift, file.isUnder("Sources") else { return [] }
        var findings: [Finding] = []
        for (index, code) in file.code.enumerated() {
            guard let declaration = publicDeclaration(code) else { continue }
            if isWitness(declaration) || requirements.contains(baseName(declaration))
                || isDocumented(file, index)
            {
                continue
            }
            findings.append(
                Finding(
                    file, line: index + 1,
                    "public without a sentence: write a /// comment above \(declaration)"))
        }
        return findings + cases(file) + theory(file)
    }

    /// Cases have no word that makes them public: those of a public enumeration are.
    private static func cases(_ file: SourceFile) -> [Finding] {
        var findings: [Finding] = []
        var indents: [Int] = []
        for (index, code) in file.code.enumerated() {
            let indent = code.prefix { $0 == " " }.count
            if code.trimmed == "}", indent == indents.last { indents.removeLast() }
            let words = file.words[index]
            if words.contains("enum"), words.contains("public"), !code.trimmed.hasSuffix("}") {
                indents.append(indent)
            }
            guard let last = indents.last, words.first == "case", indent == last + 4,
                !isDocumented(file, index)
            else { continue }
            findings.append(
                Finding(
                    file, line: index + 1,
                    "a public case without a sentence: write a /// comment above it"))
        }
        return findings
    }

    /// The documented requirements of the project's own protocols: "func upload".
    static func requirements(of files: [SourceFile]) -> Set<String> {
        var found: Set<String> = []
        for file in files where file.isSwift && file.isUnder("Sources") {
            var isInside = false
            for (index, code) in file.code.enumerated() {
                if code.hasPrefix("public protocol ") || code.hasPrefix("package protocol ") {
                    isInside = true
                } else if code.hasPrefix("}") {
                    isInside = false
                } else if isInside, isDocumented(file, index),
                    let declaration = declaration(code, levels: [])
                {
                    found.insert(baseName(declaration))
                }
            }
        }
        return found
    }

    /// The declaration's text after its modifiers; nil when the line declares nothing public.
    private static func publicDeclaration(_ code: String) -> String? {
        declaration(code, levels: ["public", "open"])
    }

    /// The declaration's text after its modifiers; nil when the line declares nothing, or none of
    /// the modifiers is among the levels, if there are any.
    private static func declaration(_ code: String, levels: Set<String>) -> String? {
        guard levels.isEmpty || levels.contains(where: { code.holds($0) }) else { return nil }
        var words = code.trimmed.split(separator: " ").map(String.init)
        while let first = words.first, first.hasPrefix("@") { words.removeFirst() }
        let leading = Set(words.prefix { modifiers.contains($0) })
        guard levels.isEmpty || !leading.isDisjoint(with: levels) else { return nil }
        words.removeFirst(words.prefix { modifiers.contains($0) }.count)
        guard let first = words.first else { return nil }
        let keyword = String(first.prefix { $0.isLetter })
        guard kinds.contains(keyword) else { return nil }
        let text = words.prefix(2).joined(separator: " ")
        let isOperator = leading.contains("static") && text.hasPrefix("func ") && isOperator(text)
        return isOperator ? "static " + text : text
    }

    private static let modifiers: Set<String> = [
        "public", "open", "static", "final", "mutating", "consuming", "borrowing", "override",
        "convenience", "required", "indirect", "nonisolated", "isolated", "lazy", "weak",
        "dynamic", "prefix", "postfix", "infix", "private(set)", "package(set)", "internal(set)",
    ]

    /// "func upload" of "func upload(_".
    private static func baseName(_ declaration: String) -> String {
        let words = declaration.split(separator: " ").map(String.init)
        guard words.count >= 2 else { return declaration }
        return words[0] + " " + words[1].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    private static func isOperator(_ text: String) -> Bool {
        guard let character = text.dropFirst("func ".count).first else { return false }
        return !(character.isLetter || character == "_" || character == "`")
    }

    private static func isWitness(_ declaration: String) -> Bool {
        witnesses.contains { declaration.hasPrefix($0) }
    }

    private static func isDocumented(_ file: SourceFile, _ index: Int) -> Bool {
        var above = index - 1
        while above >= 0 {
            let line = file.lines[above].trimmed
            if line.hasPrefix("///") || line.hasSuffix("*/") { return true }
            // Attributes, conditions and plain comments may stand between.
            guard line.hasPrefix("@") || line.hasPrefix("//") || line.hasPrefix("#if") else {
                return false
            }
            above -= 1
        }
        return false
    }

    /// A file of a machine, parser or decoder has at least two lines of comment before its code,
    /// or a section "Theory of operation" on the type itself.
    private static func theory(_ file: SourceFile) -> [Finding] {
        let name = file.name
        guard !name.contains("+"), TestRules.isMachineOrParser(name) else { return [] }
        let firstCode = file.code.firstIndex { code in
            !code.allSatisfy(\.isWhitespace) && LayerRules.importParts(code) == nil
        }
        let head = file.comments.prefix(firstCode ?? 0)
        if head.count(where: { !$0.allSatisfy(\.isWhitespace) }) >= 2 { return [] }
        let title = "Theory of operation"
        if file.comments.contains(where: { $0.holds(title) }) { return [] }
        return [
            Finding(file, line: 1, "a machine or parser opens with its theory of operation")
        ]
    }
}
