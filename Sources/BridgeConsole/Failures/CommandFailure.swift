package import BridgeBytes
package import BridgeJSON

/// Why a command ends without success: one sentence for a person, stable fields for a program.
///
/// A failure holds no secret: whoever makes one redacts the URL that it names.
package struct CommandFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The exit status.
    package var exit: ExitCode
    /// A stable word for programs, such as `checksum_mismatch`.
    package var code: ErrorCode
    /// Where in the flow it happened, such as `connect`, `upload`, `decode`.
    package var stage: String
    /// The subject, URL or file it is about.
    package var target: String?
    /// The flow that it belongs to.
    package var correlationID: String?
    /// What happened, in a sentence without a full stop.
    package var detail: String
    /// What one can do about it.
    package var hint: String?
    /// What is known of the message that was to be sent: `lost`, `denied`, `unknown` or `sent`;
    /// nil when nothing was to be sent, or nothing is known.
    package var outcome: String?
    /// Whether it is that the time is over that was asked for (`--timeout`), and not the time of
    /// some wait within it.
    package var isDeadline = false

    package init(
        _ exit: ExitCode, code: ErrorCode, stage: String, target: String? = nil,
        correlationID: String? = nil, detail: String, hint: String? = nil
    ) {
        self.exit = exit
        self.code = code
        self.stage = stage
        self.target = target.map(Redaction.sentence)
        self.correlationID = correlationID
        self.detail = detail
        self.hint = hint
    }

    /// A usage error: something on the command line itself is wrong.
    package static func usage(_ detail: String, hint: String? = nil) -> CommandFailure {
        // What stands in the wrong place may be an address all the same.
        CommandFailure(
            .usage, code: .usage, stage: "arguments", detail: Redaction.sentence(detail),
            hint: hint.map(Redaction.sentence))
    }

    /// Longest parts of an error, in Unicode scalars: together less than
    /// `TerminalText.longestLine`.
    private enum Longest {
        static let word = 80
        static let target = 300
        static let correlationID = 256
        static let detail = 900
        static let hint = 300
    }

    /// What happened, for an error of another layer that quotes this one.
    package var description: String { detail.isEmpty ? code.rawValue : "\(detail) (\(code))" }

    /// The one line that goes to the standard error.
    package var line: String {
        func part(_ text: String, _ limit: Int) -> String {
            TerminalText.line(text, atMost: limit)
        }
        var line = "natsbridge: \(part(stage, Longest.word))"
        if let target, !target.isEmpty { line += " \(part(target, Longest.target))" }
        line += ": \(part(detail, Longest.detail))"
        if code != .usage { line += " (\(part(code.rawValue, Longest.word)))" }
        if let correlationID, !correlationID.isEmpty {
            line += " [correlation \(part(correlationID, Longest.correlationID))]"
        }
        if let hint, !hint.isEmpty { line += "; \(part(hint, Longest.hint))" }
        return line
    }

    /// The failure as a JSON object.
    package var json: JSONValue {
        var object = fields
        object["exit_code"] = JSONValue(Int(exit.rawValue))
        return .object(object)
    }

    /// What went wrong, as members of a JSON object: what the line says, cut to the same lengths.
    package var fields: JSONObject {
        func part(_ text: String, _ limit: Int) -> JSONValue {
            .string(TerminalText.cut(text, atMost: limit))
        }
        var object = JSONObject()
        object["error"] = part(code.rawValue, Longest.word)
        object["stage"] = part(stage, Longest.word)
        object["detail"] = part(detail, Longest.detail)
        if let target { object["target"] = part(target, Longest.target) }
        if let correlationID {
            object["correlation_id"] = part(correlationID, Longest.correlationID)
        }
        if let hint { object["hint"] = part(hint, Longest.hint) }
        if let outcome { object["outcome"] = .string(outcome) }
        return object
    }
}

extension ErrorCode {
    /// The command line itself is wrong.
    package static let usage = ErrorCode(rawValue: "usage")
    /// What a command prints cannot be written.
    package static let outputFailed = ErrorCode(rawValue: "output_failed")
    /// A command line of the user's has failed.
    package static let commandFailed = ErrorCode(rawValue: "command_failed")
    /// The demonstration cannot go on: a program that it needs is missing or has ended.
    package static let demoFailed = ErrorCode(rawValue: "demo_failed")
}
