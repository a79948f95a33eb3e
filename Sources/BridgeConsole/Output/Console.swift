package import BridgeBytes
package import BridgeJSON

/// Where a command prints: results to the standard output, remarks and errors to the standard
/// error. Every line is written at once, so that a pipe's reader sees it when it happens.
///
/// Whatever a peer may have written passes `TerminalText`. A standard output that takes no more
/// ends the command; see `StandardOutput`.
package struct Console: Sendable {
    /// Whether results are JSON, one object per line.
    package let json: Bool
    /// Whether trace lines go to the standard error.
    package let verbose: Bool

    package init(json: Bool, verbose: Bool = false) {
        self.json = json
        self.verbose = verbose
    }

    /// Whether a person is likely to watch the standard error.
    static var errorsAreTerminal: Bool { ThisProgram.isTerminal(2) }

    /// Whether the output has failed, so that more of it is of no use.
    package var outputHasFailed: Bool { StandardOutput.hasFailed }

    /// Whether the reader of the output has gone, having had what it wanted.
    package var readerHasGone: Bool { StandardOutput.readerHasGone }

    /// A line of the result, or several.
    package func line(_ text: String) {
        StandardOutput.write(Bytes(utf8: TerminalText.lines(text) + "\n"))
    }

    /// A JSON object as one line of the result.
    package func line(_ value: JSONValue) {
        json(Bytes(utf8: String(repairing: value.encoded()) + "\n"))
    }

    /// JSON of the result, with the ends of its lines.
    package func json(_ text: Bytes) { StandardOutput.write(TerminalText.json(text)) }

    /// A line of the result that may hold escapes of ours; what is a peer's in it was made fit to
    /// be shown before.
    package func styled(_ text: String) { StandardOutput.write(Bytes(utf8: text + "\n")) }

    /// A piece of a JSON line of the result, which ends between two characters. When the task is
    /// cancelled, a line is finished if that is soon done, and else ended where it is.
    /// - Returns: Whether more of it is of use.
    package func jsonPiece(_ text: Bytes) -> Bool {
        StandardOutput.writePiece(
            TerminalText.json(text), endsLine: text.count > 0 && text[text.count - 1] == 0x0A,
            isWanted: !Task.isCancelled)
    }

    /// Bytes of the result as they are: what the user asked for, and no text.
    package func raw(_ bytes: Bytes) { StandardOutput.write(bytes) }

    /// Notes what the command has done and is about to print: an output that takes no more must
    /// not hide it.
    /// - Parameters:
    ///   - sentence: What was done, such as "the message has arrived".
    ///   - outcome: What is known of the message, as in `CommandFailure.outcome`.
    package func noteDone(_ sentence: String, outcome: String) {
        StandardOutput.noteDone(sentence, outcome: outcome)
    }

    /// A remark for a person, beside the result; each line is cut to `TerminalText.longestLine`.
    package func remark(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.map { TerminalText.line(String($0)) }.joined(separator: "\n")
        // A standard error that takes nothing leaves nobody to be told.
        _ = StandardOutput.writeError(Bytes(utf8: shown + "\n"))
    }

    /// A trace line, when they are wanted.
    package func trace(_ text: String) {
        if verbose { remark(text) }
    }

    /// An error: one line for a person, and with `--json` one object for a program.
    package func report(_ failure: CommandFailure) {
        remark(failure.line)
        if json { line(failure.json) }
    }

    /// A line for a person beside the result, without a console at hand.
    static func note(_ text: String) {
        _ = StandardOutput.writeError(Bytes(utf8: "natsbridge: \(text)\n"))
    }

    /// A line for a program on the standard error.
    static func writeError(_ text: String) {
        _ = StandardOutput.writeError(Bytes(utf8: text + "\n"))
    }

    /// Writes over the current line of the terminal.
    static func overwrite(_ text: String) {
        _ = StandardOutput.writeError(Bytes(utf8: "\r" + text))
    }
}

extension JSONValue {
    /// A whole number.
    package init(_ value: Int) { self = .number(JSONNumber(value)) }

    /// A number; null for NaN and the infinities, which JSON cannot write.
    package init(_ value: Double) { self = JSONNumber(value).map(JSONValue.number) ?? .null }
}
