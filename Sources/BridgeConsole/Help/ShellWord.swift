/// Text inside the scripts that shells read.
enum ShellWord {
    /// A text between single quotes, for a POSIX shell.
    static func quoted(_ text: String) -> String {
        "'"
            + text.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
    }

    /// A text between single quotes, for fish.
    static func fish(_ text: String) -> String {
        var quoted = "'"
        for character in text {
            if character == "'" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "'"
    }

    /// What a shell completes for a value or an operand.
    enum Completion: Equatable {
        case files
        case directories
        case words([String])
        case nothing

        init(name: String, choices: [String]) {
            self =
                if !choices.isEmpty { .words(choices) } else {
                    switch name {
                    case "FILE", "FILE.html", "PAYLOAD": .files
                    case "DIR": .directories
                    default: .nothing
                    }
                }
        }

        init(_ option: OptionSpecification) {
            self.init(name: option.valueName ?? "", choices: option.choices)
        }

        init(_ operand: OperandSpecification) {
            self.init(name: operand.name, choices: operand.choices)
        }
    }
}
