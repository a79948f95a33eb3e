internal import Synchronization

/// What a command that is to end may still print, and whether something was left unprinted.
///
/// An object, since it is global: the optimised program (Swift 6.3.1) mislays the first values of
/// larger global locks.
final class OutputEnding: Sendable {
    private struct State {
        var begun: ContinuousClock.Instant?
        /// Bytes that were printed since.
        var printed = 0
        var isCut = false
        var skipsLine = false
    }

    private let limit: Duration
    private let longestRest: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: How long the reader of the output has, from the moment that it ends.
    ///   - longestRest: How many bytes are printed from then on at most.
    init(within limit: Duration, longestRest: Int) {
        self.limit = limit
        self.longestRest = longestRest
    }

    /// The command is to end.
    func begin() {
        state.withLock { state in
            if state.begun == nil { state.begun = .now }
        }
    }

    /// Whether so many bytes more may be printed, now that the command is to end.
    func mayPrint(_ count: Int) -> Bool {
        begin()
        return state.withLock { state in
            state.printed += count
            let isEarly = state.begun.map { $0 + limit > .now } ?? true
            return state.printed <= longestRest && isEarly
        }
    }

    /// How long to wait for what may take as long as it likes otherwise; nil: that long.
    var patience: Duration? {
        state.withLock { $0.begun.map { max(.zero, $0 + limit - .now) } }
    }

    /// Something is not printed.
    /// - Parameter rest: Whether more of the same line follows, which is to go nowhere.
    func cut(_ rest: Bool) {
        state.withLock { state in
            state.isCut = true
            state.skipsLine = rest
        }
    }

    /// Whether something was not printed.
    var isCut: Bool { state.withLock { $0.isCut } }

    /// Whether a piece belongs to a line that was cut.
    func skips(endsLine: Bool) -> Bool {
        state.withLock { state in
            defer { if endsLine { state.skipsLine = false } }
            return state.skipsLine
        }
    }
}
