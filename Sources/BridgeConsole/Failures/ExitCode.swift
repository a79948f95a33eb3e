/// What a command's exit status says. The numbers are part of the command line's contract
/// (docs/ui-specification.md) and are printed by every `--help`.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case ok = 0
    case other = 1
    case usage = 2
    case connection = 3
    case notFound = 4
    case retryable = 5
    case refused = 6
    case integrity = 7
    case timeout = 8
    case interrupted = 130

    /// A few words for the help text.
    package var summary: String {
        switch self {
        case .ok: "done"
        case .other: "another error, or a failed check"
        case .usage: "wrong usage"
        case .connection: "no connection, or the server refused the credentials or the subject"
        case .notFound: "not found, or expired"
        case .retryable: "a passing failure: try again later"
        case .refused: "refused by a policy or a limit"
        case .integrity: "damaged: wrong length, digest or format"
        case .timeout: "no answer in time"
        case .interrupted: "interrupted (Ctrl-C)"
        }
    }
}
