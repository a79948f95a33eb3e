internal import BridgeConsole

/// `natsbridge help`: the list of commands, or all about one.
enum HelpCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["help"], summary: "explains a command, or lists them all",
            operands: [OperandSpecification("COMMAND", .any, "its words")],
            options: CommonOptions.everywhere,
            examples: ["natsbridge help stream add", "natsbridge help kv"]),
        run: { arguments, console throws(CommandFailure) in
            console.line(try text(arguments.operands))
            return .ok
        })

    /// What is said of the command or the group that the words name; all, when they name none.
    static func text(_ words: [String]) throws(CommandFailure) -> String {
        let all = Command.all.map(\.specification)
        let width = Terminal.readingWidth
        guard let first = words.first else { return HelpText.overview(of: all, width: width) }
        if words.count == 1, let group = HelpText.group(first, of: all, width: width) {
            return group
        }
        let found = try Command.find(words, among: Command.all)
        return HelpText.text(for: found.command.specification, width: width)
    }
}
