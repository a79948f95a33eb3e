package import ArrowIPC

/// `--limit NAME=N`: the limits of Arrow tables on the command line.
package enum ArrowLimitOption {
    package static let option = OptionSpecification.value(
        "--limit", "NAME=N", repeats: true, "a limit of Arrow tables; may repeat")

    package static let note = """
        Limits of Arrow tables, where sizes take units, such as --limit inflated=8GiB:
        \(listed(names.prefix(6))),
        \(listed(names.dropFirst(6))).
        What is over a limit ends with exit code 6.
        """

    private static func listed(_ names: some Sequence<Limit>) -> String {
        names.map(\.name).joined(separator: ", ")
    }

    private struct Limit {
        let name: String
        let path: any WritableKeyPath<ArrowLimits, Int> & Sendable
    }

    private static let names: [Limit] = [
        Limit(name: "metadata", path: \.maxMetadataLength),
        Limit(name: "body", path: \.maxBodyLength),
        Limit(name: "nesting", path: \.maxNesting),
        Limit(name: "fields", path: \.maxFields),
        Limit(name: "rows-without-data", path: \.maxRowsWithoutData),
        Limit(name: "dictionary-pieces", path: \.maxDictionaryChunks),
        Limit(name: "inflated", path: \.maxInflatedLength),
        Limit(name: "inflation-ratio", path: \.maxInflationRatio),
        Limit(name: "inflation-allowance", path: \.inflationAllowance),
        Limit(name: "printed-ratio", path: \.maxPrintedRatio),
        Limit(name: "printed-allowance", path: \.printedAllowance),
    ]

    /// Deeper fields than this would be walked with more stack than a thread has.
    private static let deepest = 512

    /// The limits with those that the arguments name; nil when they name none.
    package static func limits(
        _ arguments: ParsedArguments
    ) throws(CommandFailure) -> ArrowLimits? {
        let texts = arguments.all("--limit")
        guard !texts.isEmpty else { return nil }
        var limits = ArrowLimits.default
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let limit = names.first(where: { $0.name == name }) else {
                let nearest = NearestName.of(name, among: names.map(\.name))
                throw .usage(
                    "--limit \"\(name)\" is no limit",
                    hint: nearest.map { "did you mean \($0)?" }
                        ?? "the limits are \(names.map(\.name).joined(separator: ", "))")
            }
            guard parts.count == 2, let value = ByteCount.parse(String(parts[1])), value >= 0
            else { throw .usage("--limit \"\(text)\" has no number", hint: "write \(name)=N") }
            guard name != "nesting" || value <= deepest else {
                throw .usage("--limit nesting=\(value) is more than \(deepest)")
            }
            limits[keyPath: limit.path] = value
        }
        return limits
    }
}
