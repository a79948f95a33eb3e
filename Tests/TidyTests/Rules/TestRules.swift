/// What the set of files must have beside each other: tests of parsers, uses of fixtures.
enum TestRules {
    private static let endings = ["Parser", "Decoder", "Machine", "Reader", "Tokenizer"]

    static func isMachineOrParser(_ name: String) -> Bool {
        endings.contains { name.hasSuffix($0) }
    }

    static func check(_ files: [SourceFile]) -> [Finding] {
        untested(files) + unused(files)
    }

    /// Each parser and machine that other targets can reach has a file of tests of its name, or
    /// is used by name in the tests of its target. Private ones are tested by what uses them.
    private static func untested(_ files: [SourceFile]) -> [Finding] {
        let tests = files.filter { $0.isUnder("Tests") && $0.isSwift }
        return files.filter { $0.isUnder("Sources") && $0.isSwift }.compactMap { file in
            guard let target = file.target, isMachineOrParser(file.name), isReachable(file)
            else { return nil }
            let folder = "Tests/\(target)Tests"
            let has = tests.contains { test in
                test.isUnder(folder)
                    && (test.name.hasPrefix(file.name) || names(test, file.name))
            }
            guard !has else { return nil }
            return Finding(
                file, "no test of its own: write \(folder)/\(file.name)Tests.swift")
        }
    }

    /// Whether the file declares the type that it is named after for other targets.
    private static func isReachable(_ file: SourceFile) -> Bool {
        file.words.contains { words in
            (words.contains("package") || words.contains("public"))
                && words.contains(file.name)
                && !Set(words).isDisjoint(with: ["struct", "enum", "class", "actor"])
        }
    }

    private static func names(_ test: SourceFile, _ type: String) -> Bool {
        test.words.contains { $0.contains(type) }
    }

    /// Each file of Fixtures is named, or its folder is, in a test; README files explain only.
    private static func unused(_ files: [SourceFile]) -> [Finding] {
        let tests = files.filter { $0.isUnder("Tests") && $0.isSwift }
        let text = tests.flatMap(\.lines).filter { $0.contains("\"") }.joined(separator: "\n")
        return files.filter { $0.isUnder("Fixtures") }.compactMap { file in
            let parts = file.path.split(separator: "/").map(String.init)
            guard let name = parts.last, name != "README.md" else { return nil }
            let folder = parts.dropLast().joined(separator: "/")
            let stem = name.split(separator: ".").first.map(String.init) ?? name
            let places = [
                name, "\"\(stem)\"", "\"\(folder)\"",
                "\"\(parts.dropFirst().dropLast().joined(separator: "/"))\"",
            ]
            guard !places.contains(where: { $0 != "\"\"" && text.holds($0) })
            else { return nil }
            return Finding(file, "no test reads it: use it or remove it")
        }
    }
}
