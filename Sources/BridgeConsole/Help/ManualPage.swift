internal import BridgeBytes

/// The manual page, as `man` reads it (roff with the macros of man(7)), from the tables that
/// `--help` is made of.
package enum ManualPage {
    /// An option that so many commands share is explained once.
    private static let sharing = 3

    package static func roff(for commands: [CommandSpecification]) -> String {
        let shown = commands.filter { !$0.hidden }
        let shared = shared(by: shown)
        var lines = [
            #".\" Made by: natsbridge man"#,
            ".TH NATSBRIDGE 1 \"\" \"natsbridge \(LibraryVersion.current)\" \"User Commands\"",
            ".SH NAME", #"natsbridge \- typed payloads of any size over NATS"#,
            ".SH SYNOPSIS", ".B natsbridge", ".I COMMAND", "[arguments] [options]",
            ".SH DESCRIPTION",
            "Sends typed payloads of any size over NATS: small ones inside the message, large ones",
            "through an HTTP file server.", ".SH COMMANDS",
        ]
        for command in shown { lines += section(command, shared) }
        lines.append(".SH SHARED OPTIONS")
        for option in shared { lines += item(heading(option), option.summary) }
        lines += variables(shown)
        lines.append(".SH EXIT STATUS")
        for code in ExitCode.allCases { lines += item("\(code.rawValue)", code.summary) }
        return lines.joined(separator: "\n")
    }

    private static func shared(by commands: [CommandSpecification]) -> [OptionSpecification] {
        var found: [(option: OptionSpecification, count: Int)] = []
        for option in commands.flatMap(\.options) {
            if let index = found.firstIndex(where: { $0.option == option }) {
                found[index].count += 1
            } else {
                found.append((option, 1))
            }
        }
        let options = found.filter { $0.count >= sharing }.map(\.option)
        // Two of one name could not be told apart here.
        return options.filter { option in options.count { $0.name == option.name } == 1 }
    }

    private static func section(
        _ command: CommandSpecification, _ shared: [OptionSpecification]
    ) -> [String] {
        var lines = [
            ".SS \(HelpText.usage(of: command).escapedForRoff)",
            "\(command.summary.escapedForRoff).",
        ]
        if !command.aliases.isEmpty {
            lines += [".PP", "Also: \(command.aliases.joined(separator: ", "))."]
        }
        for operand in command.operands { lines += item(operand.name, operand.summary) }
        for option in command.options where !shared.contains(option) {
            lines += item(heading(option), option.summary)
        }
        let others = command.options.filter(shared.contains).map(\.name)
        if !others.isEmpty {
            lines += [
                ".PP", "Shared options: \(others.joined(separator: ", ").escapedForRoff).",
            ]
        }
        for note in command.notes { lines += paragraph(note) }
        for example in command.examples {
            lines += [".PP", ".nf", ".RS 4", example.escapedForRoff, ".RE", ".fi"]
        }
        return lines
    }

    /// A note; one with lines that are set in keeps its lines.
    private static func paragraph(_ note: String) -> [String] {
        let lines = note.split(separator: "\n").map(\.roffLine)
        let isTable = note.split(separator: "\n").contains { $0.hasPrefix("  ") }
        return [".PP"] + (isTable ? [".nf"] + lines + [".fi"] : lines)
    }

    /// The variables of the environment that options name.
    private static func variables(_ commands: [CommandSpecification]) -> [String] {
        var places: [String: Set<String>] = [:]
        for option in commands.flatMap(\.options) {
            let words = option.summary.split { !$0.isLetter && $0 != "_" }
            for word in words where word.hasPrefix("NATS_") || word.hasPrefix("NATSBRIDGE_") {
                places[String(word), default: []].insert(option.name)
            }
        }
        return [".SH ENVIRONMENT"]
            + places.sorted { $0.key < $1.key }.flatMap { name, options in
                item(name, "in place of \(options.sorted().joined(separator: ", "))")
            } + item("NO_COLOR", "when set, nothing is coloured")
    }

    private static func heading(_ option: OptionSpecification) -> String {
        let names = [option.short, option.name].compactMap(\.self).joined(separator: ", ")
        return option.valueName.map { "\(names) \($0)" } ?? names
    }

    private static func item(_ name: String, _ text: String) -> [String] {
        [".TP", ".B \(name.escapedForRoff)", text.roffLine]
    }
}

extension StringProtocol {
    /// A text in which no character steers the formatter.
    fileprivate var escapedForRoff: String {
        reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "\"": result += "\\(dq"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            default:
                for scalar in character.unicodeScalars {
                    let number = String(scalar.value, radix: 16, uppercase: true)
                    let digits =
                        String(repeating: "0", count: Swift.max(0, 4 - number.count)) + number
                    result += scalar.isASCII ? String(scalar) : "\\[u\(digits)]"
                }
            }
        }
    }

    /// A line of text that is no request, whatever it begins with.
    fileprivate var roffLine: String {
        let text = escapedForRoff
        return text.hasPrefix(".") || text.hasPrefix("\\(aq") ? "\\&\(text)" : text
    }
}
