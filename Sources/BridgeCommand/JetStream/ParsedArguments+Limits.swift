internal import BridgeConsole

/// A limit that was given; its value is nil where it is lifted (`-1`).
struct GivenLimit<Value: Sendable>: Sendable {
    let value: Value?
}

extension ParsedArguments {
    /// A number of at least 1, or -1 for none.
    func limit(_ name: String) throws(CommandFailure) -> GivenLimit<Int>? {
        try orNone(name) { () throws(CommandFailure) in try integer(name, minimum: 1) }
    }

    /// A size of at least 1 byte, or -1 for none.
    func sizeLimit(_ name: String) throws(CommandFailure) -> GivenLimit<Int>? {
        try orNone(name) { () throws(CommandFailure) in try byteCount(name, minimum: 1) }
    }

    /// A time longer than nothing, or -1 for none.
    func spanLimit(_ name: String) throws(CommandFailure) -> GivenLimit<Duration>? {
        try orNone(name) { () throws(CommandFailure) in try duration(name, isPositive: true) }
    }

    private func orNone<Value: Sendable>(
        _ name: String, _ read: () throws(CommandFailure) -> Value?
    ) throws(CommandFailure) -> GivenLimit<Value>? {
        if self[name] == "-1" { return GivenLimit(value: nil) }
        do throws(CommandFailure) {
            return try read().map { GivenLimit(value: $0) }
        } catch {
            throw .usage(error.detail, hint: "-1 is without a limit")
        }
    }

    /// One of the words that the option's table has.
    func word(_ name: String) throws(CommandFailure) -> String? {
        guard let word = self[name] else { return nil }
        let known = command.options.first { $0.name == name }?.choices ?? []
        guard known.contains(word) else {
            throw .usage(
                "\(name) \"\(word)\" is not known",
                hint: NearestName.of(word, among: known).map { "did you mean \($0)?" }
                    ?? "write \(known.joined(separator: " or "))")
        }
        return word
    }

    /// What an option that may repeat lists, with commas between; each has something in it.
    func list(_ name: String) throws(CommandFailure) -> [String] {
        var list: [String] = []
        for text in all(name) {
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard !part.isEmpty else {
                    throw .usage("\(name) \"\(text)\" names nothing in one of its places")
                }
                list.append(String(part))
            }
        }
        return list
    }

    /// `K=V`, each once.
    func notes(_ name: String) throws(CommandFailure) -> [String: String] {
        var notes: [String: String] = [:]
        for text in all(name) {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw .usage("\(name) \"\(text)\" has no =", hint: "write \(name) name=value")
            }
            notes[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return notes
    }

    /// A number of a message or a revision, from 1 on.
    func sequence(_ name: String) throws(CommandFailure) -> UInt64? {
        guard let text = self[name] else { return nil }
        guard let value = UInt64(text), value >= 1 else {
            throw .usage("\(name) \"\(text)\" is not a whole number from 1 to \(UInt64.max)")
        }
        return value
    }
}
