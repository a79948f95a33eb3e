package import BridgeBytes
internal import BridgeJSON

/// One flow over all processes that logged it, in the order of their clocks.
///
/// ## Theory of operation
/// The lines that name the flow are its own. A file server's access log names none: its lines
/// belong to the flow whose links have the same identifier, of which that log shows eight
/// characters. So the lines are looked through twice: for the flow and its links, then for these.
package struct FlowTimeline: Sendable {
    /// A line of one process.
    package struct Entry: Sendable {
        /// The file that the line is from, as a name for who wrote it.
        package let process: String
        package let event: FlowEvent
        /// Since the beginning of the flow.
        package let start: Duration
        package let end: Duration
    }

    /// Characters of an identifier that an access log shows.
    private static let shownCharacters = 8

    package let correlationID: String
    package let entries: [Entry]
    /// When it began, by the clock of whoever logged first.
    package let begin: Timestamp

    /// From its first to its last line.
    package var duration: Duration { entries.map(\.end).max() ?? .zero }

    /// The processes, in the order in which they come up.
    package var processes: [String] {
        entries.reduce(into: []) { if !$0.contains($1.process) { $0.append($1.process) } }
    }

    /// The flow of an id, or of the one id that begins so; nil when no line, or several flows, do.
    package init?(of id: String, in logs: [(process: String, events: [FlowEvent])]) {
        let all = logs.flatMap { log in log.events.map { (log.process, $0) } }
        let known = Set(all.map(\.1.correlationID)).filter { $0.hasPrefix(id) && !$0.isEmpty }
        guard !id.isEmpty, let full = known.contains(id) ? id : known.first,
            known.contains(id) || known.count == 1
        else { return nil }
        let links = Set(
            all.filter { $0.1.correlationID == full }.compactMap { Self.identifier($0.1["url"]) })
        let mine = all.filter { _, event in
            event.correlationID == full
                || event.correlationID.isEmpty
                    && Self.identifier(event["target"]).map { links.contains($0) } ?? false
        }
        let beginnings = mine.map { Self.beginning(of: $0.1) }
        guard let begin = beginnings.min() else { return nil }
        correlationID = full
        self.begin = begin
        entries = mine.map { process, event in
            let end = Self.span(from: begin, to: event.time)
            return Entry(
                process: process, event: event,
                start: max(.zero, end - (event.duration ?? .zero)), end: end)
        }.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    private static func beginning(of event: FlowEvent) -> Timestamp {
        event.duration.flatMap { event.time.advanced(by: .zero - $0) } ?? event.time
    }

    private static func span(from start: Timestamp, to end: Timestamp) -> Duration {
        .seconds(end.seconds - start.seconds)
            + .nanoseconds(Int64(end.nanoseconds) - Int64(start.nanoseconds))
    }

    /// The beginning of the identifier in a link, `…/f/IDENTIFIER/name`, or in Plik's form.
    private static func identifier(_ link: String?) -> Substring? {
        guard let link else { return nil }
        let parts = link.split(separator: "/")
        guard let place = parts.firstIndex(where: { $0 == "f" || $0 == "file" }),
            place + 1 < parts.count
        else { return nil }
        let shown = parts[place + 1].prefix(shownCharacters)
        return shown.count == shownCharacters ? shown : nil
    }
}
