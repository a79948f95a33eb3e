/// Code that a document shows must be code that is compiled and run: each block of Swift in the
/// README stands, line by line, in a file of Tests/InteropTests/Examples.
enum ExampleRules {
    static func check(_ files: [SourceFile]) -> [Finding] {
        let examples = files.filter { $0.isUnder("Tests/InteropTests/Examples") }
            .map { $0.lines.map(\.trimmed) }
        var findings: [Finding] = []
        for file in files where file.path == "README.md" {
            for block in blocks(file) where !block.lines.first.isManifest {
                let found = examples.contains { contains($0, block.lines) }
                guard !found else { continue }
                findings.append(
                    Finding(
                        file, line: block.line,
                        "this example is compiled nowhere: put it into "
                            + "Tests/InteropTests/Examples"))
            }
        }
        return findings
    }

    /// The fenced blocks of Swift, with the line of the fence; blank lines left out.
    private static func blocks(_ file: SourceFile) -> [(line: Int, lines: [String])] {
        var result: [(line: Int, lines: [String])] = []
        var isOpen = false
        for (index, line) in file.lines.enumerated() {
            if line.hasPrefix("```") {
                if line == "```swift" { result.append((index + 1, [])) }
                isOpen = line == "```swift"
            } else if isOpen, !line.trimmed.isEmpty {
                result[result.count - 1].lines.append(line.trimmed)
            }
        }
        return result
    }

    private static func contains(_ lines: [String], _ block: [String]) -> Bool {
        let lines = lines.filter { !$0.isEmpty }
        guard let first = block.first, block.count <= lines.count else { return block.isEmpty }
        return lines.indices.contains { start in
            lines[start] == first && lines[start...].starts(with: block)
        }
    }
}

extension String? {
    /// A line of a manifest, which is no code of a program.
    fileprivate var isManifest: Bool { self?.hasPrefix(".package(") ?? false }
}
