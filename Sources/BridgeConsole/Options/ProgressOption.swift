/// How a command shows how far its transfer has come: `--progress` and `--quiet`.
package enum ProgressOption {
    package static let specifications: [OptionSpecification] = [
        .value(
            "--progress", "FORM",
            "bar, lines or json on the standard error (default: a bar on a terminal, else lines)"
        ).choosing(["bar", "lines", "json"]),
        .flag("--quiet", short: "-q", "show no progress"),
    ]

    /// What the options ask for; nil: what suits the standard error.
    package static func style(
        _ arguments: ParsedArguments
    ) throws(CommandFailure) -> Progress.Style? {
        guard let word = arguments["--progress"] else {
            return arguments.has("--quiet") ? Progress.Style.none : nil
        }
        guard !arguments.has("--quiet") else {
            throw .usage("--progress and --quiet contradict each other")
        }
        guard let style = Progress.Style(rawValue: word) else {
            throw .usage("--progress \"\(word)\" is no form", hint: "write bar, lines or json")
        }
        return style
    }
}
