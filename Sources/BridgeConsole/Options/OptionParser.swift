/// The command line's words, sorted into options and operands.
///
/// ## Theory of operation
/// The parser walks the words once. `--name value`, `--name=value`, `-n value` and `-nvalue` give
/// a value; `--name` and `-n` alone set a flag; `--` ends the options; `-` is an operand (the
/// standard input). A word that looks like an option and is not known stops the walk with the
/// nearest known name, because a silently ignored option is worse than none. What an operand or a
/// value *means* is read later, by `ParsedArguments`' typed getters and by the commands.
package enum OptionParser {
    /// Sorts the words by a command's specification.
    package static func parse(
        _ words: [String], for command: CommandSpecification
    ) throws(CommandFailure) -> ParsedArguments {
        var parsed = ParsedArguments(command: command)
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                parsed.operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                parsed.operands.append(word)
                continue
            }
            try takeOption(word, &rest, &parsed)
        }
        if !parsed.has("--help") { try checkOperandCount(parsed) }
        return parsed
    }

    private static func takeOption(
        _ word: String, _ rest: inout ArraySlice<String>, _ parsed: inout ParsedArguments
    ) throws(CommandFailure) {
        let (name, attached) = split(word)
        let command = parsed.command
        guard let option = command.options.first(where: { $0.name == name || $0.short == name })
        else { throw unknown(name, command) }
        guard let valueName = option.valueName else {
            guard attached == nil else {
                throw .usage("\(option.name) takes no value")
            }
            parsed.set(option.name, "")
            return
        }
        guard let value = attached ?? rest.popFirst() else {
            throw .usage("\(option.name) needs a value: \(option.name) \(valueName)")
        }
        if !option.repeats, parsed.has(option.name) {
            throw .usage("\(option.name) is given twice")
        }
        parsed.set(option.name, value)
    }

    /// `--name=value` and `-nvalue` in two parts.
    private static func split(_ word: String) -> (name: String, value: String?) {
        if word.hasPrefix("--") {
            guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
            return (String(word[..<equals]), String(word[word.index(after: equals)...]))
        }
        let name = String(word.prefix(2))
        return (name, word.count > 2 ? String(word.dropFirst(2)) : nil)
    }

    private static func unknown(_ name: String, _ command: CommandSpecification) -> CommandFailure {
        let known = command.options.flatMap { [$0.name, $0.short].compactMap(\.self) }
        let nearest = NearestName.of(name, among: known)
        return .usage(
            "unknown option \(name)",
            hint: nearest.map { "did you mean \($0)?" }
                ?? "see natsbridge \(command.name) --help")
    }

    private static func checkOperandCount(_ parsed: ParsedArguments) throws(CommandFailure) {
        let command = parsed.command
        let (minimum, maximum) = command.operandCounts
        let hint = "usage: \(HelpText.usage(of: command))"
        if parsed.operands.count < minimum {
            let missing = command.operands.filter { $0.arity == .one || $0.arity == .oneOrMore }
            let name = missing[min(parsed.operands.count, missing.count - 1)].name
            throw .usage("\(name) is missing", hint: hint)
        }
        if let maximum, parsed.operands.count > maximum {
            throw .usage("unexpected \"\(parsed.operands[maximum])\"", hint: hint)
        }
    }
}

/// The options and operands that were given, with getters that read values strictly.
package struct ParsedArguments: Sendable, Equatable {
    package let command: CommandSpecification
    package internal(set) var operands: [String] = []
    private var values: [String: [String]] = [:]

    init(command: CommandSpecification) { self.command = command }

    mutating func set(_ name: String, _ value: String) { values[name, default: []].append(value) }

    /// Whether an option was given.
    package func has(_ name: String) -> Bool { values[name] != nil }

    /// An option's value.
    package subscript(name: String) -> String? { values[name]?.last }

    /// All values of an option that repeats, in order.
    package func all(_ name: String) -> [String] { values[name] ?? [] }

    /// A number of at least `minimum` and at most `maximum`.
    package func integer(
        _ name: String, minimum: Int = 0, maximum: Int = .max
    ) throws(CommandFailure) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), value >= minimum else {
            throw .usage("\(name) \"\(text)\" is not a whole number of at least \(minimum)")
        }
        guard value <= maximum else {
            throw .usage("\(name) \"\(text)\" is more than \(maximum)")
        }
        return value
    }

    /// A size such as `500000`, `64KB`, `1MiB`.
    package func byteCount(_ name: String, minimum: Int = 0) throws(CommandFailure) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = ByteCount.parse(text) else {
            throw .usage("\(name) \"\(text)\" is not a size", hint: "write 500000, 64KB or 1MiB")
        }
        guard value >= minimum else {
            throw .usage("\(name) \"\(text)\" is less than \(minimum) byte")
        }
        return value
    }

    /// A duration such as `250ms`, `10m`, `1h30m`.
    package func duration(
        _ name: String, isPositive: Bool = false
    ) throws(CommandFailure) -> Duration? {
        guard let text = self[name] else { return nil }
        guard let value = DurationText.parse(text) else {
            throw .usage(
                "\(name) \"\(text)\" is not a duration of up to ten years",
                hint: "write 250ms, 10m or 1h30m")
        }
        guard value > .zero || !isPositive else {
            throw .usage("\(name) is longer than nothing", hint: "write 250ms, 10m or 1h30m")
        }
        return value
    }
}
