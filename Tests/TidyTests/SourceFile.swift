/// One committed text file, as the rules see it.
struct SourceFile {
    /// Relative to the package's root: "Sources/NATSWire/Subject.swift".
    let path: String
    let lines: [String]
    /// The lines of a Swift file with the content of comments and string literals blanked out, so
    /// that a rule about code does not stumble over prose. Same count as `lines`.
    let code: [String]
    /// The comments alone, everything else blanked out. Same count as `lines`.
    let comments: [String]
    /// The identifiers and keywords of each line of code. Same count as `lines`.
    let words: [[String]]
    let endsWithNewline: Bool

    init(path: String, text: String) {
        self.path = path
        endsWithNewline = text.isEmpty || text.hasSuffix("\n")
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if endsWithNewline, !lines.isEmpty { lines.removeLast() }
        self.lines = lines
        if path.hasSuffix(".swift") {
            var separator = CodeSeparator()
            let parts = lines.map { separator.separate($0) }
            code = parts.map(\.code)
            comments = parts.map(\.comment)
        } else {
            code = lines
            comments = lines.map { _ in "" }
        }
        words = code.map(\.identifiers)
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// "Subject" of "Sources/NATSWire/Subject.swift".
    var name: String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return last.hasSuffix(".swift") ? String(last.dropLast(".swift".count)) : last
    }

    /// "NATSWire" of "Sources/NATSWire/Subject.swift"; "Benchmarks" for those.
    var target: String? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 2 else { return nil }
        return ["Sources", "Tests"].contains(parts[0]) ? parts[1] : parts[0]
    }

    func isUnder(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }
}

/// What a rule has to say: where, what, and what to do instead.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    /// Counted from 1; 0 speaks of the whole file.
    let line: Int
    let message: String

    init(_ file: SourceFile, line: Int = 0, _ message: String) {
        path = file.path
        self.line = line
        self.message = message
    }

    /// The same place, with more to say.
    init(_ finding: Finding, _ addition: String) {
        path = finding.path
        line = finding.line
        message = finding.message + " (" + addition + ")"
    }

    var description: String { line > 0 ? "\(path):\(line): \(message)" : "\(path): \(message)" }
}
