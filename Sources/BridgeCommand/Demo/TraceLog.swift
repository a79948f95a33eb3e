internal import Synchronization

/// The trace of the demo's flows: what each stage of each side said, by correlation id.
final class TraceLog: Sendable {
    struct Entry: Sendable {
        let correlationID: String
        /// Which service said it, such as `dashboard`.
        let side: String
        /// The stage's line without its time, such as `uploaded 520 MB`.
        let text: String
        let instant: ContinuousClock.Instant
    }

    /// Most entries that are kept; the scenarios stay far below it.
    private static let limit = 100_000

    private let entries = Mutex<[Entry]>([])
    private let console: Console

    init(console: Console) { self.console = console }

    func note(_ correlationID: String, side: String, _ text: String) {
        let entry = Entry(
            correlationID: correlationID, side: side, text: text, instant: ContinuousClock.now)
        entries.withLock { if $0.count < Self.limit { $0.append(entry) } }
        console.trace("[Correlation: \(correlationID)] \(side): \(text)")
    }

    /// What was said about a flow, in order.
    func entries(of correlationID: String) -> [Entry] {
        entries.withLock { $0.filter { $0.correlationID == correlationID } }
    }

    /// The lines that show a flow to a person, with the time since its first stage.
    func lines(of correlationID: String) -> [String] {
        let entries = entries(of: correlationID)
        guard let first = entries.first else { return [] }
        let width = entries.map(\.side.count).max() ?? 0
        return entries.map { entry in
            let time = Figures.rightAligned("+" + Figures.time(entry.instant - first.instant), 9)
            return "\(time)  \(Figures.padded(entry.side, width))  \(entry.text)"
        }
    }
}
