internal import BridgeBytes

/// What makes bash complete our command lines, from the tables that `--help` is made of.
package enum BashCompletion {
    /// The script, to be read by `source`, or put where bash looks for completions.
    package static func script(for commands: [CommandSpecification]) -> String {
        let tree = CommandTree(commands)
        var lines = [
            "# Completion for natsbridge \(LibraryVersion.current): natsbridge completion bash",
            "_natsbridge() {",
            "    local current=\"${COMP_WORDS[COMP_CWORD]}\" options='' words='' kind=''",
            "    local previous=\"${COMP_WORDS[COMP_CWORD-1]}\" command=\"${COMP_WORDS[1]}\"",
            "    # bash parts words at = as well.",
            "    if [[ $current == '=' ]]; then",
            "        current=''",
            "    elif [[ $previous == '=' ]]; then",
            "        previous=\"${COMP_WORDS[COMP_CWORD-2]}\"",
            "    fi",
            "    COMPREPLY=()",
            "    if ((COMP_CWORD == 1)); then",
            reply(tree.branches.map(\.word) + ["--help", "--version"], indent: 8),
            "        return",
            "    fi",
            "    case $command in",
        ]
        for branch in tree.branches where branch.isGroup {
            let words = branch.commands.compactMap(\.path.last)
            lines += [
                "    \(branch.word))",
                "        if ((COMP_CWORD == 2)); then",
                reply(words + ["--help"], indent: 12),
                "            return",
                "        fi",
                "        command=\"$command ${COMP_WORDS[2]}\" ;;",
            ]
        }
        lines += ["    esac", "    case $command in"]
        for branch in tree.branches { lines += branch.commands.flatMap(block) }
        return (lines + ending).joined(separator: "\n")
    }

    private static let ending = [
        "    esac",
        "    case $kind in",
        "    files)",
        "        compopt -o filenames 2>/dev/null",
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;",
        "    directories)",
        "        compopt -o filenames 2>/dev/null",
        "        mapfile -t COMPREPLY < <(compgen -d -- \"$current\") ;;",
        "    words)",
        "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\") ;;",
        "    esac",
        "}",
        "complete -F _natsbridge natsbridge",
    ]

    private static func reply(_ words: [String], indent: Int) -> String {
        let list = ShellWord.quoted(words.joined(separator: " "))
        return String(repeating: " ", count: indent)
            + "mapfile -t COMPREPLY < <(compgen -W \(list) -- \"$current\")"
    }

    /// What is completed behind one command.
    private static func block(_ command: CommandSpecification) -> [String] {
        let patterns = command.paths.map { ShellWord.quoted($0.joined(separator: " ")) }
        let options = command.options.flatMap { [$0.name, $0.short].compactMap(\.self) }
        var lines = ["    \(patterns.joined(separator: "|")))", "        case $previous in"]
        for option in command.options where option.valueName != nil {
            let names = [option.name, option.short].compactMap(\.self).joined(separator: "|")
            lines.append("        \(names)) \(assignment(.init(option))) ;;")
        }
        lines += [
            "        *)", "            if [[ $current == -* ]]; then",
            "                kind=words words=\(ShellWord.quoted(options.joined(separator: " ")))",
        ]
        let operands = command.operands.map { ShellWord.Completion($0) }
        if let last = operands.last(where: { $0 != .nothing }) {
            lines += ["            else", "                \(assignment(last))"]
        }
        return lines + ["            fi ;;", "        esac ;;"]
    }

    private static func assignment(_ completion: ShellWord.Completion) -> String {
        switch completion {
        case .files: "kind=files"
        case .directories: "kind=directories"
        case .words(let words): "kind=words words=\(ShellWord.quoted(words.joined(separator: " ")))"
        case .nothing: "kind=none"
        }
    }
}
