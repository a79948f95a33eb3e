/// The text of `--help`. With a width its lines are broken there, but for usage and examples, which
/// are copied.
package enum HelpText {
    /// The usage line of a command.
    package static func usage(of command: CommandSpecification) -> String {
        var words = ["natsbridge"] + command.path
        words += command.operands.map(\.synopsis)
        if !command.options.isEmpty { words.append("[options]") }
        return words.joined(separator: " ")
    }

    /// Everything about one command.
    package static func text(for command: CommandSpecification, width: Int? = nil) -> String {
        let layout = HelpLayout(width: width)
        var lines = [usage(of: command), ""] + layout.sentence("\(command.summary).") + [""]
        if !command.aliases.isEmpty {
            let others = command.paths.dropFirst().map { $0.joined(separator: " ") }
            lines += layout.sentence("Also: \(others.joined(separator: ", ")).") + [""]
        }
        if !command.operands.isEmpty {
            lines.append("Arguments")
            lines += command.operands.flatMap { layout.row($0.name, $0.summary) }
            lines.append("")
        }
        if !command.options.isEmpty {
            lines.append("Options")
            lines += command.options.flatMap { layout.row(heading(of: $0), $0.summary) }
            lines.append("")
        }
        for note in command.notes { lines += layout.paragraph(note) + [""] }
        if !command.examples.isEmpty {
            lines.append("Examples")
            lines += command.examples.map { "  \($0)" } + [""]
        }
        lines += exitCodes(layout)
        return lines.joined(separator: "\n")
    }

    /// The list of commands; groups stand apart.
    package static func overview(
        of commands: [CommandSpecification], width: Int? = nil
    ) -> String {
        let layout = HelpLayout(width: width)
        var lines = ["natsbridge COMMAND [arguments] [options]", ""]
        lines += layout.sentence(
            "Sends typed payloads of any size over NATS: small ones inside the message, large ones"
                + " through an HTTP file server.")
        lines += ["", "Commands"]
        var wasGroup = false
        for branch in CommandTree(commands).branches {
            let isGroup = branch.commands.count > 1
            if isGroup || wasGroup { lines.append("") }
            lines += branch.commands.flatMap { layout.row($0.name, $0.summary) }
            wasGroup = isGroup
        }
        lines += ["", "  natsbridge COMMAND --help explains a command.", ""]
        lines += exitCodes(layout)
        return lines.joined(separator: "\n")
    }

    /// The commands that begin with a word; nil when it is no group's.
    package static func group(
        _ word: String, of commands: [CommandSpecification], width: Int? = nil
    ) -> String? {
        let branch = CommandTree(commands).branches.first { $0.word == word && $0.isGroup }
        guard let branch else { return nil }
        let layout = HelpLayout(width: width)
        let rows = branch.commands.flatMap { layout.row($0.name, $0.summary) }
        let lines =
            ["natsbridge \(word) COMMAND [arguments] [options]", "", "Commands"] + rows
            + ["", "  natsbridge \(word) COMMAND --help explains a command."]
        return lines.joined(separator: "\n")
    }

    private static func exitCodes(_ layout: HelpLayout) -> [String] {
        ["Exit codes"]
            + ExitCode.allCases.flatMap { layout.row(String($0.rawValue), $0.summary) }
    }

    private static func heading(of option: OptionSpecification) -> String {
        var text = option.short.map { "\($0), " } ?? ""
        text += option.name
        if let valueName = option.valueName { text += " \(valueName)" }
        return text
    }
}
