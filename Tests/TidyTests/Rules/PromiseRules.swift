/// Public calls that throw say what, and those that wait say what cancelling does to them.
enum PromiseRules {
    /// How many public calls of a target do not say so yet. The numbers may only shrink: whoever
    /// writes a sentence lowers them.
    static let unsaid: [String: (throwing: Int, waiting: Int)] = [
        "ArrowIPC": (throwing: 1, waiting: 2),
        "BridgeBytes": (throwing: 5, waiting: 0),
        "BridgeClaims": (throwing: 6, waiting: 6),
        "BridgeHTTP": (throwing: 0, waiting: 3),
        "BridgeJSON": (throwing: 3, waiting: 0),
        "NATSBridge": (throwing: 0, waiting: 10),
        "NATSCore": (throwing: 0, waiting: 15),
        "NATSJetStream": (throwing: 1, waiting: 17),
    ]

    /// What one declaration leaves out.
    enum Gap { case throwing, waiting }

    static func check(_ files: [SourceFile]) -> [Finding] {
        var found: [String: [Gap: [Finding]]] = [:]
        for file in files where file.isSwift && file.isUnder("Sources") {
            guard let target = file.target else { continue }
            for (line, gap) in gaps(of: file) {
                let message =
                    gap == .throwing
                    ? "it throws and does not say what: write - Throws:"
                    : "it waits and does not say what cancelling the task does"
                found[target, default: [:]][gap, default: []].append(
                    Finding(file, line: line, message))
            }
        }
        return found.sorted { $0.key < $1.key }.flatMap { target, gaps -> [Finding] in
            let allowed = unsaid[target] ?? (0, 0)
            return excess(gaps[.throwing] ?? [], over: allowed.throwing, "throw", target)
                + excess(gaps[.waiting] ?? [], over: allowed.waiting, "wait", target)
        }
    }

    /// All findings when there are more than the baseline has, since nobody knows which is new.
    private static func excess(
        _ findings: [Finding], over allowed: Int, _ verb: String, _ target: String
    ) -> [Finding] {
        guard findings.count > allowed else { return [] }
        return findings.map {
            Finding(
                $0,
                "\(target) has \(findings.count) that \(verb) and say nothing, \(allowed) before")
        }
    }

    /// The lines of public calls that leave something out.
    static func gaps(of file: SourceFile) -> [(line: Int, gap: Gap)] {
        file.words.indices.flatMap { index -> [(line: Int, gap: Gap)] in
            let words = file.words[index]
            guard words.contains("public"), words.contains("func") || words.contains("init"),
                !words.contains("next")
            else { return [] }
            let signature = self.signature(in: file, from: index)
            let comment = self.comment(in: file, above: index).lowercased()
            var gaps: [(line: Int, gap: Gap)] = []
            if signature.contains("throws"), !comment.contains("throws") {
                gaps.append((index + 1, .throwing))
            }
            if signature.contains("async"), !comment.contains("cancel") {
                gaps.append((index + 1, .waiting))
            }
            return gaps
        }
    }

    /// The words from a declaration's line to the line that opens its body; those of closures
    /// among the parameters are left out.
    private static func signature(in file: SourceFile, from start: Int) -> [String] {
        var depth = 0
        var outside = ""
        for code in file.code[start...].prefix(20) {
            for character in code {
                if character == ")" { depth -= 1 }
                if depth == 0 { outside.append(character) }
                if character == "(" { depth += 1 }
            }
            outside.append(" ")
            if code.contains("{") { break }
        }
        return outside.prefix { $0 != "{" }.split { !$0.isLetter }.map(String.init)
    }

    private static func comment(in file: SourceFile, above index: Int) -> String {
        var lines: [String] = []
        var above = index - 1
        while above >= 0 {
            let line = file.lines[above].trimmed
            guard line.hasPrefix("//") || line.hasPrefix("@") else { break }
            lines.append(line)
            above -= 1
        }
        return lines.joined(separator: "\n")
    }
}
