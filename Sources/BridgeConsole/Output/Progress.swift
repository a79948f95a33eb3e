internal import BridgeBytes
internal import Synchronization

/// How far a transfer has come, when it lasts.
///
/// On a terminal it is one line, which is written over and over from the second second on and
/// taken away at the end. Elsewhere, in a log say, it is a line every ten seconds.
package final class Progress: Sendable {
    /// A transfer shorter than this shows nothing.
    private static let patience = Duration.seconds(1)
    /// Time between two updates of the line.
    private static let interval = Duration.milliseconds(200)
    /// Time between two lines where there is no terminal, and before the first.
    private static let lineInterval = Duration.seconds(10)

    private struct State {
        var done = 0
        /// Bytes that there will be; nil where nobody knows.
        var total: Int?
        var shown: ContinuousClock.Instant?
        var width = 0
    }

    private let label: String
    private let start = ContinuousClock.now
    private let state: Mutex<State>
    private let isTerminal: Bool

    package init(_ label: String, total: Int?) {
        self.label = label
        state = Mutex(State(total: total))
        isTerminal = Console.errorsAreTerminal
    }

    /// Notes how many bytes are done, and how many there will be where that is known. Prints
    /// nothing, so that it may be called where nothing may wait.
    package func reached(_ done: Int, of total: Int?) {
        state.withLock { state in
            state.done = done
            state.total = total ?? state.total
        }
    }

    /// Counts bytes that have been transferred.
    package func advance(by count: Int) {
        let now = ContinuousClock.now
        let (patience, interval) =
            isTerminal
            ? (Self.patience, Self.interval) : (Self.lineInterval, Self.lineInterval)
        let text = state.withLock { state -> String? in
            state.done += count
            guard now - start >= patience, state.shown.map({ now - $0 >= interval }) ?? true
            else { return nil }
            state.shown = now
            let text = line(state.done, of: state.total, after: now - start)
            guard isTerminal else { return text }
            state.width = max(state.width, text.count)
            return Figures.padded(text, state.width)
        }
        guard let text else { return }
        if isTerminal { Console.overwrite(text) } else { Console.note(text) }
    }

    /// Takes the line away.
    package func finish() {
        let width = state.withLock { $0.shown == nil ? 0 : $0.width }
        if width > 0 { Console.overwrite(String(repeating: " ", count: width) + "\r") }
    }

    /// `uploading  312 MB of 520 MB   60 %   812 MB/s`
    private func line(_ done: Int, of total: Int?, after time: Duration) -> String {
        guard done > 0 else { return "\(label)  \(Figures.time(time))" }
        var text = "\(label)  \(Figures.bytes(done))"
        if let total, total > 0 {
            text += " of \(Figures.bytes(total))  \(100 * done / total) %"
        }
        return text + "  \(Figures.rate(done, in: time))"
    }
}

extension Progress {
    /// Shows how long a piece of work takes whose bytes nobody counts.
    package func during<T: Sendable, E: Error>(
        _ body: () async throws(E) -> T
    ) async throws(E) -> T {
        let ticker = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                if !Task.isCancelled { advance(by: 0) }
            }
        }
        defer {
            ticker.cancel()
            finish()
        }
        return try await body()
    }
}
