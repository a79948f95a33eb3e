internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON

/// A flow as lines for a person, or as objects for a program.
enum FlowText {
    /// Columns of the picture, where there is room, and on a narrow terminal.
    private static let barWidth = (wide: 24, narrow: 10)
    private static let wideTerminal = 80
    private static let narrowestLine = 40

    static func lines(_ flow: FlowTimeline, width: Int) -> [String] {
        let processes = flow.processes
        let widest = processes.map { DisplayWidth.of(TerminalText.line($0)) }.max() ?? 0
        var lines = [
            "flow \(TerminalText.line(flow.correlationID))",
            "\(flow.entries.count) lines of \(processes.count) processes, from \(flow.begin),"
                + " \(Figures.time(flow.duration))",
            "",
        ]
        let columns = width < wideTerminal ? barWidth.narrow : barWidth.wide
        for entry in flow.entries {
            let process = TerminalText.line(entry.process)
            let blanks = String(repeating: " ", count: widest - DisplayWidth.of(process))
            let start = Figures.rightAligned(Figures.time(entry.start), 9)
            let line =
                "\(start)  \(process)\(blanks)  \(bar(entry, of: flow.duration, columns))  "
                + text(entry.event)
            lines.append(TerminalText.line(line, atMost: max(width, narrowestLine)))
        }
        return lines
    }

    /// Where in the flow it was: a stroke for what lasted, a dot for a moment.
    private static func bar(
        _ entry: FlowTimeline.Entry, of whole: Duration, _ barWidth: Int
    ) -> String {
        let scale = Double(barWidth - 1) / max(Figures.seconds(whole), 1e-9)
        let first = min(barWidth - 1, Int(Figures.seconds(entry.start) * scale))
        let last = max(first, min(barWidth - 1, Int(Figures.seconds(entry.end) * scale)))
        let stroke =
            entry.start == entry.end ? "•" : String(repeating: "━", count: last - first + 1)
        return Figures.padded(String(repeating: "·", count: first) + stroke, barWidth)
    }

    /// The message and its fields; links are cut, since who knows one may read the file.
    static func text(_ event: FlowEvent) -> String {
        ([event.message] + event.fields.map { "\($0.name)=\(shown($0))" }).joined(separator: " ")
    }

    static func shown(_ field: FlowEvent.Field) -> String {
        guard field.name == "url", let place = field.value.firstPlace(of: "/f/") else {
            return field.value
        }
        return String(field.value[..<place.upperBound])
            + String(field.value[place.upperBound...].prefix(8)) + "…"
    }

    static func json(_ entry: FlowTimeline.Entry) -> JSONValue {
        var object = JSONObject()
        object["offset_seconds"] = JSONValue(Figures.seconds(entry.start))
        object["duration_seconds"] = JSONValue(Figures.seconds(entry.end - entry.start))
        object["time"] = .string(entry.event.time.description)
        object["process"] = .string(entry.process)
        object["message"] = .string(entry.event.message)
        var fields = JSONObject()
        for field in entry.event.fields { fields[field.name] = .string(shown(field)) }
        object["fields"] = .object(fields)
        return .object(object)
    }
}
