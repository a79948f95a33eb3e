internal import BridgeBytes
internal import BridgeConsole
internal import NATSJetStream

/// What streams and consumers are, as a person reads it.
enum JetStreamText {
    /// Names and values below each other, the values at one edge.
    static func block(_ title: String, _ rows: [(String, String?)], _ console: Console) {
        console.line(title)
        let shown = rows.compactMap { name, value in value.map { (name, $0) } }
        let width = shown.map(\.0.count).max() ?? 0
        for (name, value) in shown {
            let text = TerminalText.line(value)
            console.line("  \(Figures.padded(name, width))  \(text)")
        }
    }

    /// How long ago something was, by the server's clock.
    static func age(of moment: Timestamp?, at now: Timestamp?) -> String {
        guard let moment else { return "never" }
        guard let now else { return moment.description }
        let milliseconds = now.milliseconds - moment.milliseconds
        return milliseconds < 1000 ? "just now" : "\(span(.seconds(milliseconds / 1000))) ago"
    }

    /// A time that was set: `90s`, `2h`, `7d`; whole units where they fit.
    static func span(_ duration: Duration) -> String {
        let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60)]
        let (seconds, rest) = duration.components
        guard rest == 0, seconds > 0 else { return Figures.time(duration) }
        for unit in units where seconds % unit.seconds == 0 {
            return "\(seconds / unit.seconds)\(unit.name)"
        }
        // Nobody sets 100 061 seconds: it is how long something has lasted.
        for unit in units where seconds > 2 * unit.seconds {
            return "\(seconds / unit.seconds)\(unit.name)"
        }
        return "\(seconds)s"
    }

    /// Where something is kept.
    static func storage(_ storage: StreamConfiguration.Storage, _ replicas: Int) -> String {
        replicas == 1 ? "\(storage)" : "\(storage), \(replicas) copies"
    }

    static func count(_ value: UInt64) -> String { Figures.grouped(value) }

    static func size(_ value: UInt64) -> String { Figures.bytes(Int(clamping: value)) }

    /// A limit; nil is none.
    static func limit(_ value: Int?) -> String { value.map(Figures.grouped) ?? "none" }

    static func sizeLimit(_ value: Int?) -> String { value.map(Figures.bytes) ?? "none" }

    static func spanLimit(_ value: Duration?) -> String { value.map(span) ?? "none" }
}
