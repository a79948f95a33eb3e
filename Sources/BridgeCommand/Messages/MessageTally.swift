package import BridgeConsole
internal import Synchronization

/// What became of the messages of one run, and what the run's exit code says of them.
///
/// A message counts as used when each of its payloads could be had. Losses are no messages: they
/// are counted apart and do not bring `--count` nearer.
package final class MessageTally: Sendable {
    private struct State {
        var used = 0
        var unusable = 0
        var losses = 0
        /// Messages that are known to be missing.
        var lost = 0
        /// The first failure, be it of a message or a loss.
        var first: CommandFailure?
    }

    private let state = Mutex(State())

    package init() {}

    /// The rule of `exit`, for the help text.
    static let rule = """
        A message that cannot be used, or a payload of it, is reported and counts, and the command
        goes on. The exit code is 0 when at least one message could be used with all its payloads,
        else that of the first failure; the failures are counted on the standard error at the end.
        """

    /// Counts a message, and why it could not be used, if so.
    /// - Returns: How many messages there were.
    @discardableResult
    package func count(_ failure: CommandFailure?) -> Int {
        state.withLock { state in
            if let failure {
                state.unusable += 1
                if state.first == nil { state.first = failure }
            } else {
                state.used += 1
            }
            return state.used + state.unusable
        }
    }

    /// How many messages there were, used or not.
    package var messages: Int { state.withLock { $0.used + $0.unusable } }

    /// Counts a gap, in which an unknown number of messages is missing when `count` is nil.
    package func countLoss(_ failure: CommandFailure, count: Int?) {
        state.withLock { state in
            state.losses += 1
            state.lost += count ?? 0
            if state.first == nil { state.first = failure }
        }
    }

    /// The exit code when the run came to its end.
    package var exit: ExitCode {
        state.withLock { $0.used > 0 ? .ok : $0.first?.exit ?? .ok }
    }

    /// The failures in a sentence; nil when there is none.
    /// - Parameter decides: Whether `exit` is how the command ends, so that the code belongs to the
    ///   first failure. Where something else ended it, that has been told with its own.
    package func summary(decides: Bool = true) -> String? {
        state.withLock { state in
            var parts: [String] = []
            if state.unusable > 0 {
                let all = state.used + state.unusable
                parts.append(
                    "\(Figures.grouped(state.unusable)) of \(Figures.counted(all, "message"))"
                        + " could not be used")
            }
            if state.losses > 0 {
                let lost =
                    state.lost > 0
                    ? Figures.counted(state.lost, "message") : "an unknown number of messages"
                parts.append(
                    "\(lost) \(state.lost == 1 ? "is" : "are") missing in"
                        + " \(Figures.counted(state.losses, "place"))")
            }
            guard !parts.isEmpty, let first = state.first else { return nil }
            let code = decides && state.used == 0 ? ", exit code \(first.exit.rawValue)" : ""
            return "natsbridge: \(parts.joined(separator: "; ")); the first failure was"
                + " \(first.code)\(code)"
        }
    }
}
