internal import BridgeBytes
internal import Glibc

/// Asks before something is removed for good: on a terminal a person, elsewhere `--force` is the
/// answer.
package enum Confirmation {
    package static let option = OptionSpecification.flag(
        "--force", short: "-f", "do not ask; needed where there is no terminal")

    /// Returns when it may be done.
    /// - Parameter question: What is to be done, such as `remove stream ORDERS with 12 messages`.
    /// - Throws: Wrong usage when nobody can be asked; `cancelled` when the answer is no, or the
    ///   task is cancelled.
    package static func ask(
        _ question: String, _ arguments: ParsedArguments
    ) async throws(CommandFailure) {
        if arguments.has(option.name) { return }
        guard ThisProgram.isTerminal(0), ThisProgram.isTerminal(2) else {
            throw .usage(
                "\(question): nobody is there to confirm it", hint: "--force does it unasked")
        }
        let text = TerminalText.line("\(question)? [y/N] ")
        _ = StandardOutput.writeError(Bytes(utf8: text))
        let answer = try await PatientCall.run("confirm", "terminal") {
            () throws(CommandFailure) in readLine() ?? ""
        }
        guard ["y", "yes"].contains(answer.lowercased()) else {
            throw CommandFailure(
                .interrupted, code: .cancelled, stage: "confirm",
                detail: "not confirmed; nothing was done")
        }
    }
}
