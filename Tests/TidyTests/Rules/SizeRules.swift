/// How long a file, a function and a line may be.
enum SizeRules {
    static let longestFile = 400
    static let longestFunction = 60
    static let longestLine = 100

    static func check(_ file: SourceFile) -> [Finding] {
        guard file.isSwift else { return [] }
        var findings: [Finding] = []
        if file.lines.count > longestFile {
            findings.append(
                Finding(
                    file,
                    "\(file.lines.count) lines, at most \(longestFile): "
                        + "move one concern to \(file.name)+Concern.swift"))
        }
        for (index, line) in file.lines.enumerated()
        where line.utf8.count > longestLine && line.count > longestLine {
            findings.append(
                Finding(
                    file, line: index + 1,
                    "\(line.count) columns, at most \(longestLine): break the line"))
        }
        for function in functions(file) where function.length > longestFunction {
            findings.append(
                Finding(
                    file, line: function.line,
                    "a function of \(function.length) lines, at most \(longestFunction): "
                        + "name its parts"))
        }
        return findings
    }

    /// Where functions begin, and how many lines they have, signature and braces included.
    static func functions(_ file: SourceFile) -> [(line: Int, length: Int)] {
        var result: [(line: Int, length: Int)] = []
        for (index, code) in file.code.enumerated() where beginsFunction(code, file.words[index]) {
            if let end = closingLine(of: index, file) {
                result.append((index + 1, end - index + 1))
            }
        }
        return result
    }

    private static func beginsFunction(_ code: String, _ words: [String]) -> Bool {
        if words.contains("func") || words.first == "deinit" { return true }
        return ["init(", "init?(", "init<", "subscript("].contains { opening in
            guard code.holds(opening), let range = code.range(ofText: opening) else { return false }
            // A call such as `self.init(` or `.init(` declares nothing.
            return code[..<range].allSatisfy { $0.isLetter || $0 == " " || $0 == "@" }
        }
    }

    /// The line of the brace that closes what the first brace from a line on opened; nil when the
    /// declaration has no body.
    private static func closingLine(of start: Int, _ file: SourceFile) -> Int? {
        var braces = 0
        var parentheses = 0
        for index in start..<file.code.count {
            for byte in file.code[index].utf8 {
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
                case UInt8(ascii: "{"): braces += 1
                case UInt8(ascii: "}"):
                    braces -= 1
                    if braces < 0 { return nil }
                    if braces == 0 && parentheses == 0 { return index }
                default: break
                }
            }
            // A requirement of a protocol: complete, and no brace in sight.
            let next = index + 1 < file.code.count ? file.code[index + 1] : ""
            let follows = next.trimmed
            let goesOn = ["{", "where", "->", "throws", "async", ")"]
                .contains { follows.hasPrefix($0) }
            if braces == 0 && parentheses == 0 && !file.code[index].hasSuffix("->") && !goesOn {
                return nil
            }
        }
        return nil
    }
}
