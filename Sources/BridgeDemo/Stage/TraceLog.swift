internal import BridgeBytes
internal import BridgeConsole
internal import NATSBridge
internal import Synchronization

/// The trace of the demo's flows: what each stage of each side said, by correlation id.
final class TraceLog: Sendable {
    private struct Entry: Sendable {
        let event: LogEvent
        /// Which service said it, such as `dashboard`.
        let side: String
    }

    /// Most entries that are kept; the scenarios stay below it.
    private static let limit = 200_000

    private let entries = Mutex<[Entry]>([])
    private let console: Console

    init(console: Console) { self.console = console }

    func note(_ event: LogEvent, side: String) {
        entries.withLock {
            if $0.count < Self.limit { $0.append(Entry(event: event, side: side)) }
        }
        console.trace("\(event) side=\(side)")
    }

    private func entries(of correlationID: String) -> [Entry] {
        entries.withLock { $0.filter { $0.event.correlationID == correlationID } }
            .sorted { $0.event.timestamp < $1.event.timestamp }
    }

    /// The trace lines of a flow as every peer writes them.
    func events(of correlationID: String) -> [String] {
        entries(of: correlationID).map { "\($0.event) side=\($0.side)" }
    }

    /// The stages that a flow passed, each with its side: `dashboard upload`.
    func stages(of correlationID: String) -> Set<String> {
        Set(entries(of: correlationID).map { "\($0.side) \($0.event.stage)" })
    }

    /// The lines that show a flow to a person, with the time since its first stage.
    func lines(of correlationID: String) -> [String] {
        let entries = entries(of: correlationID)
        guard let first = entries.first else { return [] }
        let sides = entries.map(\.side.count).max() ?? 0
        let stages = entries.map(\.event.stage.count).max() ?? 0
        return entries.map { entry in
            let event = entry.event
            let elapsed = Duration.milliseconds(
                event.timestamp.milliseconds - first.event.timestamp.milliseconds)
            let time = Figures.rightAligned("+\(Figures.time(elapsed))", 9)
            let fields = event.fields.map { " \($0.name)=\($0.value)" }.joined()
            return "\(time)  \(Figures.padded(entry.side, sides))  "
                + "\(Figures.padded(event.stage, stages))  \(event.message)\(fields)"
        }
    }
}
