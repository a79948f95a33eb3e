/// One command of the program: what it takes, and what it does.
package struct Command: Sendable {
    package let specification: CommandSpecification
    package let run: @Sendable (ParsedArguments, Console) async throws(CommandFailure) -> ExitCode

    package init(
        specification: CommandSpecification,
        run:
            @escaping @Sendable (
                ParsedArguments, Console
            ) async throws(CommandFailure) -> ExitCode
    ) {
        self.specification = specification
        self.run = run
    }

    /// The command that the first words name, and the words that are left.
    package static func find(
        _ words: [String], among all: [Command]
    ) throws(CommandFailure) -> (command: Command, rest: [String]) {
        for command in all {
            for path in command.specification.paths where words.starts(with: path) {
                return (command, Array(words.dropFirst(path.count)))
            }
        }
        let names = all.filter { !$0.specification.hidden }.map(\.specification.name)
        if let first = words.first {
            let group = names.filter { $0.hasPrefix(first + " ") }
            if let some = group.first { throw unknown(words, in: group, such: some) }
        }
        let word = words.first ?? ""
        // Some have a name of two words.
        let nearest =
            NearestName.of(word, among: names.filter { !$0.contains(" ") })
            ?? NearestName.of(words.prefix(2).joined(separator: " "), among: names)
        throw .usage(
            "unknown command \"\(word)\"",
            hint: nearest.map { "did you mean \($0)?" } ?? "see natsbridge --help")
    }

    /// A group of commands was named, and none of it.
    private static func unknown(
        _ words: [String], in group: [String], such some: String
    ) -> CommandFailure {
        guard words.count > 1, !words[1].hasPrefix("-") else {
            return .usage("\(words[0]) needs another word", hint: "such as natsbridge \(some)")
        }
        let name = words[...1].joined(separator: " ")
        let nearest = NearestName.of(name, among: group)
        let others = group.map { $0.dropFirst(words[0].count + 1) }.joined(separator: ", ")
        return .usage(
            "unknown command \"\(name)\"",
            hint: nearest.map { "did you mean \($0)?" } ?? "\(words[0]) has \(others)")
    }
}
