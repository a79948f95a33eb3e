internal import BridgeBytes

/// What makes fish complete our command lines, from the tables that `--help` is made of.
package enum FishCompletion {
    private static let beginning = [
        "# Completion for natsbridge \(LibraryVersion.current): natsbridge completion fish",
        "function __natsbridge_words", "    set -l words (commandline -opc)",
        "    set -e words[1]", "    string join \\n -- $words", "end",
        "# Whether what stands before the cursor begins with these words.",
        "function __natsbridge_in", "    set -l words (__natsbridge_words)",
        "    set -l count (count $argv)", "    test (count $words) -ge $count; or return 1",
        "    test \"$words[1..$count]\" = \"$argv\"", "end",
        "# Whether these words are all that stands before the cursor.",
        "function __natsbridge_at", "    set -l words (__natsbridge_words)",
        "    test \"$words\" = \"$argv\"", "end",
        "complete -c natsbridge -f",
    ]

    /// The script, to be read by `source`, or put where fish looks for completions.
    package static func script(for commands: [CommandSpecification]) -> String {
        var lines = beginning
        for branch in CommandTree(commands).branches {
            lines.append(word(branch.word, after: [], branch.summary))
            for command in branch.commands {
                if branch.isGroup, let last = command.path.last {
                    lines.append(word(last, after: [branch.word], command.summary))
                }
                for path in command.paths { lines += options(of: command, behind: path) }
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func word(_ word: String, after path: [String], _ summary: String) -> String {
        let condition = (["__natsbridge_at"] + path).joined(separator: " ")
        return "complete -c natsbridge -n \(ShellWord.fish(condition)) -a \(ShellWord.fish(word))"
            + " -d \(ShellWord.fish(summary))"
    }

    private static func options(
        of command: CommandSpecification, behind path: [String]
    ) -> [String] {
        let condition = (["__natsbridge_in"] + path).joined(separator: " ")
        let beginning = "complete -c natsbridge -n \(ShellWord.fish(condition))"
        var lines = command.options.map { option in
            var line = "\(beginning) -l \(option.name.dropFirst(2))"
            if let short = option.short { line += " -s \(short.dropFirst())" }
            if option.valueName != nil { line += " -r\(values(.init(option)))" }
            return "\(line) -d \(ShellWord.fish(option.summary))"
        }
        for operand in command.operands {
            let completion = ShellWord.Completion(operand)
            if completion != .nothing { lines.append(beginning + values(completion)) }
        }
        return lines
    }

    private static func values(_ completion: ShellWord.Completion) -> String {
        switch completion {
        case .files: " -F"
        case .directories: " -a '(__fish_complete_directories)'"
        case .words(let words): " -a \(ShellWord.fish(words.joined(separator: " ")))"
        case .nothing: ""
        }
    }
}
