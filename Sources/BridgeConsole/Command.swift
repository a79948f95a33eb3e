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
            let path = command.specification.path
            if words.starts(with: path) { return (command, Array(words.dropFirst(path.count))) }
        }
        let names = all.filter { !$0.specification.hidden }.map(\.specification.name)
        if let first = words.first, let group = names.first(where: { $0.hasPrefix(first + " ") }) {
            throw .usage("\(first) needs another word", hint: "such as natsbridge \(group)")
        }
        let word = words.first ?? ""
        let nearest = NearestName.of(word, among: names)
        throw .usage(
            "unknown command \"\(word)\"",
            hint: nearest.map { "did you mean \($0)?" } ?? "see natsbridge --help")
    }
}
