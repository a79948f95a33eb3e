internal import BridgeConsole
internal import BridgeJSON
internal import NATSKeyValue
internal import NATSWire

/// A key's value, or what became of it, on the standard output.
enum KeyValueOutput {
    private static func word(_ operation: KeyValueEntry.Operation) -> String {
        switch operation {
        case .put: "PUT"
        case .delete: "DEL"
        case .purge: "PURGE"
        }
    }

    static func json(_ entry: KeyValueEntry) -> JSONValue {
        var object = JSONObject()
        object["bucket"] = .string(entry.bucket)
        object["key"] = .string(entry.key)
        object["revision"] = JetStreamJSON.number(entry.revision)
        object["created"] = JetStreamJSON.time(entry.created)
        object["operation"] = .string(word(entry.operation))
        if entry.operation == .put {
            JetStreamJSON.content(entry.value, as: "value", into: &object)
        }
        if let error = entry.headersError {
            object["headers_error"] = .string(error.detail)
        }
        return .object(object)
    }

    /// One line for a change.
    static func show(_ entry: KeyValueEntry, _ console: Console) {
        if console.json { return console.line(json(entry)) }
        var line = "\(entry.created)  #\(entry.revision)  \(word(entry.operation))  \(entry.key)"
        if entry.operation == .put { line += "  \(text(entry))" }
        if let error = entry.headersError {
            line += "  (headers that cannot be read: \(error.detail))"
        }
        console.line(TerminalText.line(line))
    }

    /// The value, as far as it is text.
    static func text(_ entry: KeyValueEntry) -> String {
        entry.text ?? "\(Figures.bytes(entry.size)) that are no text"
    }

    /// What a write did.
    static func written(
        _ key: String, _ bucket: String, _ revision: UInt64, _ console: Console
    ) {
        if console.json {
            console.line([
                "bucket": .string(bucket), "key": .string(key),
                "revision": JetStreamJSON.number(revision),
            ])
        } else {
            console.line("\(bucket) > \(key)  revision \(JetStreamText.count(revision))")
        }
    }
}
