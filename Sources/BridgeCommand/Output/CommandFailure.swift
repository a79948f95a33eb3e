/// Why a command ends without success: one sentence for a person, stable fields for a program.
///
/// A failure holds no secret: whoever makes one redacts the URL that it names.
package struct CommandFailure: Error, Equatable, Sendable {
    /// The exit status.
    package var exit: ExitCode
    /// A stable word for programs, such as `checksum_mismatch`.
    package var code: String
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

    package init(
        _ exit: ExitCode, code: String, stage: String, target: String? = nil,
        correlationID: String? = nil, detail: String, hint: String? = nil
    ) {
        self.exit = exit
        self.code = code
        self.stage = stage
        self.target = target
        self.correlationID = correlationID
        self.detail = detail
        self.hint = hint
    }

    /// A usage error: something on the command line itself is wrong.
    package static func usage(_ detail: String, hint: String? = nil) -> CommandFailure {
        CommandFailure(.usage, code: "usage", stage: "arguments", detail: detail, hint: hint)
    }

    /// The one line that goes to the standard error.
    package var line: String {
        var line = "natsbridge: \(stage)"
        if let target, !target.isEmpty { line += " \(target)" }
        line += ": \(detail)"
        if code != "usage" { line += " (\(code))" }
        if let correlationID, !correlationID.isEmpty { line += " [correlation \(correlationID)]" }
        if let hint, !hint.isEmpty { line += "; \(hint)" }
        return line.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
