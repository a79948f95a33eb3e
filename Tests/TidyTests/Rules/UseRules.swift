/// What the product declares for its own other targets is used by the product.
enum UseRules {
    /// Symbols that only tests use, each with its reason. The list may only shrink.
    static let argued: [String: String] = [
        "drainParticipantCount": "tests see that nobody stays registered behind",
        "connectionInUse": "the simulation asks the machine which connection it would use",
        "isUUID": "what tests of several targets hold the identifiers of messages to",
        "about": "the subject of a socket's error, beside the other ways to make one",
        "connectionRefused": "one of the list of error numbers by their names",
        "timedOut": "one of the list of error numbers by their names",
    ]

    private static let kinds: Set<String> = [
        "var", "let", "func", "struct", "enum", "class", "typealias",
    ]
    private static let modifiers: Set<String> = [
        "static", "final", "mutating", "consuming", "borrowing", "indirect", "nonisolated",
    ]

    static func check(_ files: [SourceFile]) -> [Finding] {
        var uses: [String: Int] = [:]
        var declarations: [String: [(file: SourceFile, line: Int)]] = [:]
        for file in files where file.isSwift && isProduct(file) {
            for (index, words) in file.words.enumerated() {
                for word in words { uses[word, default: 0] += 1 }
                if let name = declaredName(words) {
                    declarations[name, default: []].append((file, index + 1))
                }
            }
        }
        return declarations.sorted { $0.key < $1.key }.flatMap { name, places -> [Finding] in
            guard uses[name] == places.count, argued[name] == nil else { return [] }
            return places.map { place in
                Finding(
                    place.file, line: place.line,
                    "only tests use \(name), if anybody does: remove it, or move it to them")
            }
        }
    }

    private static func isProduct(_ file: SourceFile) -> Bool {
        file.isUnder("Sources") || file.isUnder("Benchmarks")
    }

    /// The name that a line declares for other targets of the package.
    static func declaredName(_ words: [String]) -> String? {
        guard let level = words.firstIndex(of: "package") else { return nil }
        let rest = words[(level + 1)...].drop {
            modifiers.contains($0) || ["package", "private", "internal", "set"].contains($0)
        }
        guard rest.count >= 2, let kind = rest.first, kinds.contains(kind) else { return nil }
        let name = rest[rest.startIndex + 1]
        return name.first.map { $0.isLetter || $0 == "_" } == true ? name : nil
    }
}
