/// One option of a command, as the parser and the help text both see it.
package struct OptionSpecification: Sendable, Equatable {
    /// With its hyphens: `--server`.
    package let name: String
    /// A one-letter form with its hyphen: `-o`.
    package let short: String?
    /// What its value is called in the help text; nil for a flag.
    package let valueName: String?
    /// Whether it may be given more than once, each value counting.
    package let repeats: Bool
    /// One line of help.
    package let summary: String
    /// The words that its value may be, where those are all; a shell completes them.
    package private(set) var choices: [String] = []

    package static func flag(
        _ name: String, short: String? = nil, _ summary: String
    ) -> OptionSpecification {
        OptionSpecification(
            name: name, short: short, valueName: nil, repeats: false, summary: summary)
    }

    package static func value(
        _ name: String, short: String? = nil, _ valueName: String, repeats: Bool = false,
        _ summary: String
    ) -> OptionSpecification {
        OptionSpecification(
            name: name, short: short, valueName: valueName, repeats: repeats, summary: summary)
    }

    /// The same, whose value is one of some words.
    package func choosing(_ words: [String]) -> OptionSpecification {
        var option = self
        option.choices = words
        return option
    }
}

/// A positional argument of a command.
package struct OperandSpecification: Sendable, Equatable {
    package enum Arity: Sendable, Equatable { case one, optional, any, oneOrMore }

    package let name: String
    package let arity: Arity
    package let summary: String
    /// The words that it may be, where those are all; a shell completes them.
    package private(set) var choices: [String] = []

    package init(_ name: String, _ arity: Arity, _ summary: String) {
        self.name = name
        self.arity = arity
        self.summary = summary
    }

    /// The same, which is one of some words.
    package func choosing(_ words: [String]) -> OperandSpecification {
        var operand = self
        operand.choices = words
        return operand
    }

    /// How the usage line shows it.
    package var synopsis: String {
        switch arity {
        case .one: name
        case .optional: "[\(name)]"
        case .any: "[\(name) …]"
        case .oneOrMore: "\(name) …"
        }
    }

    fileprivate var minimum: Int { arity == .one || arity == .oneOrMore ? 1 : 0 }
    fileprivate var maximum: Int? { arity == .one || arity == .optional ? 1 : nil }
}

/// What a command takes. Only the last operand may repeat.
package struct CommandSpecification: Sendable, Equatable {
    /// The words that select it: `["envelope", "check"]`.
    package var path: [String]
    /// Other words for the last one of them, such as `del` for `rm`.
    package var aliases: [String]
    /// One line of help, without a full stop.
    package var summary: String
    package var operands: [OperandSpecification]
    package var options: [OptionSpecification]
    /// Paragraphs of help below the options.
    package var notes: [String]
    /// Command lines that work as they stand.
    package var examples: [String]
    /// Left out of the list of commands: the demo starts these itself.
    package var hidden: Bool

    package init(
        path: [String], aliases: [String] = [], summary: String,
        operands: [OperandSpecification] = [], options: [OptionSpecification] = [],
        notes: [String] = [], examples: [String] = [], hidden: Bool = false
    ) {
        self.path = path
        self.aliases = aliases
        self.summary = summary
        self.operands = operands
        self.options = options
        self.notes = notes
        self.examples = examples
        self.hidden = hidden
    }

    package var name: String { path.joined(separator: " ") }

    /// All the ways to select it, `path` first.
    package var paths: [[String]] { [path] + aliases.map { path.dropLast() + [$0] } }

    /// How many operands it takes at least, and at most when there is a limit.
    var operandCounts: (minimum: Int, maximum: Int?) {
        var minimum = 0
        var maximum: Int? = 0
        for operand in operands {
            minimum += operand.minimum
            if let limit = operand.maximum, let sum = maximum {
                maximum = sum + limit
            } else {
                maximum = nil
            }
        }
        return (minimum, maximum)
    }
}
