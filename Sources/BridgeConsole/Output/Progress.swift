internal import BridgeBytes
internal import BridgeJSON
internal import Synchronization

/// How far a transfer has come, when it lasts.
///
/// On a terminal it is one line, which is written over and over from the second second on and
/// taken away at the end. Elsewhere, in a log say, it is a line every ten seconds; for a program,
/// an object each second and one at the end.
package final class Progress: Sendable {
    /// How it is shown.
    package enum Style: String, Sendable {
        /// One line that is written over.
        case bar
        /// A line now and then.
        case lines
        /// A JSON object now and then.
        case json
        /// Not at all.
        case none

        /// A transfer shorter than this shows nothing.
        var patience: Duration {
            switch self {
            case .bar: .seconds(1)
            case .lines: .seconds(10)
            case .json, .none: .zero
            }
        }

        /// Time between two updates.
        var interval: Duration {
            switch self {
            case .bar: .milliseconds(200)
            case .lines: .seconds(10)
            case .json, .none: .seconds(1)
            }
        }
    }

    /// Time between two looks at a transfer whose bytes nobody counts.
    private static let interval = Duration.milliseconds(200)

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
    private let style: Style

    /// - Parameters:
    ///   - total: Bytes that there will be; nil where nobody knows.
    ///   - style: How it is shown; nil: as suits the standard error.
    package init(_ label: String, total: Int?, style: Style? = nil) {
        self.label = label
        state = Mutex(State(total: total))
        self.style = style ?? (Console.errorsAreTerminal ? .bar : .lines)
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
        let text = state.withLock { state -> String? in
            state.done += count
            guard style != .none, now - start >= style.patience,
                state.shown.map({ now - $0 >= style.interval }) ?? true
            else { return nil }
            state.shown = now
            let text = report(state.done, of: state.total, after: now - start)
            guard style == .bar else { return text }
            state.width = max(state.width, text.count)
            return Figures.padded(text, state.width)
        }
        if let text { show(text) }
    }

    private func show(_ text: String) {
        switch style {
        case .bar: Console.overwrite(text)
        case .lines: Console.note(text)
        case .json: Console.writeError(text)
        case .none: break
        }
    }

    /// Takes the line away; a program hears how far it came.
    package func finish() {
        let (done, total, width) = state.withLock {
            ($0.done, $0.total, $0.shown == nil ? 0 : $0.width)
        }
        if style == .bar, width > 0 {
            Console.overwrite(String(repeating: " ", count: width) + "\r")
        }
        if style == .json { show(report(done, of: total, after: ContinuousClock.now - start)) }
    }

    private func report(_ done: Int, of total: Int?, after time: Duration) -> String {
        style == .json
            ? ProgressText.json(label, done, of: total, after: time)
            : ProgressText.line(label, done, of: total, after: time)
    }
}

/// What is said of how far a transfer has come.
package enum ProgressText {
    /// `uploading  312 MB of 520 MB   60 %   812 MB/s   0.26 s left`
    package static func line(
        _ label: String, _ done: Int, of total: Int?, after time: Duration
    ) -> String {
        guard done > 0 else { return "\(label)  \(Figures.time(time))" }
        var text = "\(label)  \(Figures.bytes(done))"
        if let total, total > 0 {
            text += " of \(Figures.bytes(total))  \(percent(done, of: total)) %"
        }
        text += "  \(Figures.rate(done, in: time))"
        if let total, total > done { text += "  \(Figures.time(left(done, total, time))) left" }
        return text
    }

    /// `{"progress": "uploading", "bytes": …, "total": …, "percent": …, "seconds": …}`
    package static func json(
        _ label: String, _ done: Int, of total: Int?, after time: Duration
    ) -> String {
        var object = JSONObject()
        object["progress"] = .string(label)
        object["bytes"] = JSONValue(done)
        object["total"] = total.map { JSONValue($0) } ?? .null
        if let total, total > 0 { object["percent"] = JSONValue(percent(done, of: total)) }
        let seconds = Figures.seconds(time)
        object["bytes_per_second"] =
            seconds > 0 ? JSONValue((Double(done) / seconds).rounded()) : .null
        object["seconds"] = JSONValue((seconds * 1000).rounded() / 1000)
        return String(repairing: JSONValue.object(object).encoded())
    }

    /// Whole percents; a hundred only when all is done.
    private static func percent(_ done: Int, of total: Int) -> Int {
        min(Int(Double(done) / Double(total) * 100), done < total ? 99 : 100)
    }

    /// How long the rest takes at the same pace.
    private static func left(_ done: Int, _ total: Int, _ time: Duration) -> Duration {
        .seconds(Figures.seconds(time) * Double(total - done) / Double(done))
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
