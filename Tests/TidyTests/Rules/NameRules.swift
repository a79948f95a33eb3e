/// One name, one thing: no two types at the top of product files are called the same, whatever
/// their targets. What is nested in a type has that one's name before its own.
enum NameRules {
    private static let kinds: Set<String> = ["struct", "enum", "class", "actor", "protocol"]

    static func check(_ files: [SourceFile]) -> [Finding] {
        var places: [String: [Finding]] = [:]
        for file in files where file.isSwift && isNaming(file) {
            for (index, code) in file.code.enumerated() where code.first?.isWhitespace == false {
                guard let name = typeName(file.words[index]) else { continue }
                places[name, default: []].append(
                    Finding(file, line: index + 1, "\(name) names several things: part them"))
            }
        }
        return places.sorted { $0.key < $1.key }.flatMap { $0.value.count > 1 ? $0.value : [] }
    }

    private static func isNaming(_ file: SourceFile) -> Bool {
        file.isUnder("Sources") || file.isUnder("Benchmarks") || file.isUnder("Tests/TestKit")
    }

    /// The name of the type that a line declares for others than its own file.
    static func typeName(_ words: [String]) -> String? {
        guard let kind = words.firstIndex(where: kinds.contains), words.count > kind + 1,
            Set(words[..<kind]).isDisjoint(with: ["private", "fileprivate", "func", "extension"])
        else { return nil }
        return words[kind + 1]
    }
}
