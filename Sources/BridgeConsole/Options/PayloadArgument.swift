/// One payload as it stands on the command line: `NAME:TYPE=VALUE` or `NAME:TYPE=@FILE`.
///
/// The name may hold colons and blanks (the type is what follows the last colon before the first
/// `=`); the value may hold anything. `@-` reads the standard input; `@@text` is the text `@text`.
package struct PayloadArgument: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        case inline(String)
        case file(String)
        case standardInput
    }

    /// The types of contract.md, in the order in which the help text names them.
    package static let types = [
        "text", "dictionary", "arrowtable", "jsontable", "image", "audio", "video", "binary",
    ]

    package let name: String
    package let type: String
    package let source: Source

    /// Reads one argument; throws a usage error that says what is wrong with it.
    package init(parsing text: String) throws(CommandFailure) {
        let form = "write NAME:TYPE=VALUE or NAME:TYPE=@FILE"
        guard let equals = text.firstIndex(of: "=") else {
            throw .usage("payload \"\(text)\" has no =", hint: form)
        }
        guard let colon = text[..<equals].lastIndex(of: ":") else {
            throw .usage("payload \"\(text[..<equals])\" names no type", hint: form)
        }
        name = String(text[..<colon])
        type = String(text[text.index(after: colon)..<equals])
        guard !name.isEmpty else { throw .usage("payload \"\(text)\" has no name", hint: form) }
        guard Self.types.contains(type) else {
            let nearest = NearestName.of(type, among: Self.types)
            throw .usage(
                "unknown payload type \"\(type)\"",
                hint: nearest.map { "did you mean \($0)?" }
                    ?? "the types are \(Self.types.joined(separator: ", "))")
        }
        source = try Self.source(text[text.index(after: equals)...], form)
    }

    private static func source(
        _ value: Substring, _ form: String
    ) throws(CommandFailure) -> Source {
        guard value.first == "@" else { return .inline(String(value)) }
        let rest = String(value.dropFirst())
        if rest.hasPrefix("@") { return .inline(rest) }
        if rest == "-" { return .standardInput }
        guard !rest.isEmpty else { throw .usage("a file name is missing after @", hint: form) }
        return .file(rest)
    }
}
