internal import BridgeBytes

/// What makes zsh complete our command lines, from the tables that `--help` is made of.
package enum ZshCompletion {
    /// The script, to be read by `source`, or put into a folder of `fpath` as `_natsbridge`.
    package static func script(for commands: [CommandSpecification]) -> String {
        let tree = CommandTree(commands)
        var lines = [
            "#compdef natsbridge",
            "# Completion for natsbridge \(LibraryVersion.current): natsbridge completion zsh",
            "_natsbridge() {", "    local -a words_here", "    local command=$words[2]",
            "    if (( CURRENT == 2 )); then",
        ]
        lines += describe(tree.branches.map { ($0.word, $0.summary) }, indent: 8)
        lines += ["    fi", "    case $command in"]
        for branch in tree.branches where branch.isGroup {
            let words = branch.commands.map { ($0.path.last ?? "", $0.summary) }
            lines += ["    \(branch.word))", "        if (( CURRENT == 3 )); then"]
            lines += describe(words, indent: 12)
            lines += [
                "        fi", "        command=\"$command $words[3]\"",
                "        shift words", "        (( CURRENT-- )) ;;",
            ]
        }
        lines += [
            "    esac", "    shift words", "    (( CURRENT-- ))", "    case $command in",
        ]
        for branch in tree.branches { lines += branch.commands.flatMap(block) }
        lines += [
            "    esac", "}", "if [[ $funcstack[1] == _natsbridge ]]; then",
            "    _natsbridge \"$@\"", "else", "    compdef _natsbridge natsbridge", "fi",
        ]
        return lines.joined(separator: "\n")
    }

    /// Offers words with what they are for, and ends.
    private static func describe(_ words: [(String, String)], indent: Int) -> [String] {
        let blanks = String(repeating: " ", count: indent)
        let list = words.map { word, summary in
            "\(blanks)    \(ShellWord.quoted("\(word):\(summary)"))"
        }
        return ["\(blanks)words_here=("] + list + [
            "\(blanks))", "\(blanks)_describe command words_here", "\(blanks)return",
        ]
    }

    private static func block(_ command: CommandSpecification) -> [String] {
        let patterns = command.paths.map { ShellWord.quoted($0.joined(separator: " ")) }
        var arguments = command.options.flatMap(arguments)
        for (index, operand) in command.operands.enumerated() {
            let repeats = operand.arity == .any || operand.arity == .oneOrMore
            let place = repeats ? "*" : "\(index + 1)"
            let colon = operand.arity == .optional ? "::" : ":"
            arguments.append(
                ShellWord.quoted("\(place)\(colon)\(operand.name):\(action(.init(operand)))"))
        }
        return ["    \(patterns.joined(separator: "|")))", "        _arguments -s \\"]
            + arguments.dropLast().map { "            \($0) \\" }
            + arguments.suffix(1).map { "            \($0) ;;" }
    }

    /// What `_arguments` takes for an option: one entry for each of its names, which exclude each
    /// other unless it repeats.
    private static func arguments(_ option: OptionSpecification) -> [String] {
        let names = [option.short, option.name].compactMap(\.self)
        return names.map { name in
            var text =
                option.repeats ? "*" : names.count > 1 ? "(\(names.joined(separator: " ")))" : ""
            text += name + (option.valueName == nil ? "" : name.hasPrefix("--") ? "=" : "+")
            text += "[\(escaped(option.summary))]"
            if let value = option.valueName {
                text += ":\(escaped(value)):\(action(.init(option)))"
            }
            return ShellWord.quoted(text)
        }
    }

    private static func action(_ completion: ShellWord.Completion) -> String {
        switch completion {
        case .files: "_files"
        case .directories: "_files -/"
        case .words(let words): "(\(words.joined(separator: " ")))"
        case .nothing: " "
        }
    }

    /// A text whose brackets and colons mean nothing to `_arguments`.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "[]:\\".contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}
