internal import BridgeBytes
internal import Synchronization

/// How far a transfer has come, on a terminal only and only when it lasts: nothing is printed in
/// the first second, and the line is taken away at the end.
package final class Progress: Sendable {
    /// A transfer shorter than this shows nothing.
    private static let patience = Duration.seconds(1)
    /// Time between two updates of the line.
    private static let interval = Duration.milliseconds(200)

    private struct State {
        var done = 0
        var shown: ContinuousClock.Instant?
        var width = 0
    }

    private let label: String
    private let total: Int?
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    private let enabled: Bool

    package init(_ label: String, total: Int?) {
        self.label = label
        self.total = total
        enabled = Console.errorsAreTerminal
    }

    /// Counts bytes that have been transferred.
    package func advance(by count: Int) {
        guard enabled else {
            return state.withLock { $0.done += count }
        }
        let now = ContinuousClock.now
        let text = state.withLock { state -> String? in
            state.done += count
            guard now - start >= Self.patience,
                state.shown.map({ now - $0 >= Self.interval }) ?? true
            else { return nil }
            state.shown = now
            let text = line(state.done, after: now - start)
            state.width = max(state.width, text.count)
            return Figures.padded(text, state.width)
        }
        if let text { Console.overwrite(text) }
    }

    /// Takes the line away.
    package func finish() {
        let width = state.withLock { $0.shown == nil ? 0 : $0.width }
        if width > 0 { Console.overwrite(String(repeating: " ", count: width) + "\r") }
    }

    /// `uploading  312 MB of 520 MB   60 %   812 MB/s`
    private func line(_ done: Int, after time: Duration) -> String {
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
