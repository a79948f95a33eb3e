package import BridgeBytes
package import BridgeJSON
internal import Glibc

/// Where a command prints: results to the standard output, remarks and errors to the standard
/// error. Every line is written at once, so that a pipe's reader sees it when it happens.
package struct Console: Sendable {
    /// Whether results are JSON, one object a line.
    package let json: Bool
    /// Whether trace lines go to the standard error.
    package let verbose: Bool

    package init(json: Bool, verbose: Bool = false) {
        self.json = json
        self.verbose = verbose
    }

    /// Whether a person is likely to watch the standard error.
    static var errorsAreTerminal: Bool { Environment.isTerminal(2) }

    /// A line of the result.
    package func line(_ text: String) { write(Bytes(utf8: text + "\n"), to: 1) }

    /// A JSON object as one line of the result.
    package func line(_ value: JSONValue) { line(String(repairing: value.encoded())) }

    /// Bytes of the result as they are.
    package func raw(_ bytes: Bytes) { write(bytes, to: 1) }

    /// A remark for a person, beside the result.
    package func remark(_ text: String) { write(Bytes(utf8: text + "\n"), to: 2) }

    /// A trace line, when they are wanted.
    package func trace(_ text: String) {
        if verbose { remark(text) }
    }

    /// An error: one line for a person, and with `--json` one object for a program.
    package func report(_ failure: CommandFailure) {
        remark(failure.line)
        if json { line(failure.json) }
    }

    /// Writes over the current line of the terminal.
    static func overwrite(_ text: String) {
        _ = FileBytes.writeAll(Bytes(utf8: "\r" + text), to: 2)
    }

    private func write(_ bytes: Bytes, to descriptor: Int32) {
        // A reader that has gone ends us by SIGPIPE; nothing else can be done about the rest.
        _ = FileBytes.writeAll(bytes, to: descriptor)
    }
}

extension CommandFailure {
    /// The failure as a JSON object.
    package var json: JSONValue {
        var object = JSONObject()
        object["error"] = .string(code)
        object["stage"] = .string(stage)
        object["detail"] = .string(detail)
        if let target { object["target"] = .string(target) }
        if let correlationID { object["correlation_id"] = .string(correlationID) }
        if let hint { object["hint"] = .string(hint) }
        object["exit_code"] = JSONValue(Int(exit.rawValue))
        return .object(object)
    }
}

extension JSONValue {
    /// A whole number.
    package init(_ value: Int) { self = .number(JSONNumber(value)) }

    /// A number; null for NaN and the infinities, which JSON cannot write.
    package init(_ value: Double) { self = JSONNumber(value).map(JSONValue.number) ?? .null }
}
