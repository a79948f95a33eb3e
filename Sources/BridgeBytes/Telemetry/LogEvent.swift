/// Something that happened, for a log: one type for everything that the library tells.
///
/// Every stage that a message passes makes one, with the flow's correlation id, so that a flow can
/// be followed through all services; and so does every change of a connection. Payloads,
/// credentials and queries of URLs never appear.
public struct LogEvent: Sendable, Hashable, CustomStringConvertible {
    /// When it happened.
    public let timestamp: Timestamp
    /// How much it matters.
    public let level: Level
    /// The flow; empty where it is about a connection.
    public let correlationID: String
    /// The stage, such as `serialize`, `upload` or `receive`; `connection` for what happens to one.
    public let stage: String
    /// What happened, for people.
    public let message: String
    /// What happened, for programs: names and values in a fixed order. The names are short and
    /// stable; `attributes` has those of OpenTelemetry.
    public let fields: [Field]

    /// How much an event matters, by the names of swift-log.
    ///
    /// What goes as it should, and what a call throws or returns, is `debug`; what is passed over
    /// for the receiver's own good, and a move to another server, `notice`; what is tried again,
    /// lost, or thrown to nobody, `warning`. The library makes nothing above that.
    public enum Level: String, Sendable, Hashable, CaseIterable, Comparable {
        /// What only whoever looks for a fault wants to see.
        case trace
        /// What goes as it should, or is thrown or returned by a call.
        case debug
        /// What is worth knowing in normal operation.
        case info
        /// What was passed over, or a move to another server.
        case notice
        /// What was lost, is tried again, or is thrown to nobody.
        case warning
        /// What failed; nothing here makes it.
        case error
        /// What ends the program; nothing here makes it.
        case critical

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    /// One structured value beside the message.
    public struct Field: Sendable, Hashable {
        /// The name, in lower case.
        public let name: String
        /// The value as text; never a secret.
        public let value: String

        /// A named value.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// An event with its parts.
    public init(
        timestamp: Timestamp, level: Level = .debug, correlationID: String = "", stage: String,
        message: String, fields: [Field] = []
    ) {
        self.timestamp = timestamp
        self.level = level
        self.correlationID = correlationID
        self.stage = stage
        self.message = message
        self.fields = fields
    }

    /// Longest correlation id that is written out, in characters: ids come from peers.
    public static let maxIDLength = 256

    /// The line that all peers write: `[<timestamp>] [Correlation: <id>] <message>`, with the
    /// fields behind it. Without a flow the second part is missing.
    public var description: String {
        let flow = correlationID.isEmpty ? "" : "[Correlation: \(Self.quoted(correlationID))] "
        var line = "[\(timestamp)] \(flow)\(message)"
        for field in fields { line += " \(field.name)=\(Self.quoted(field.value))" }
        return line
    }

    /// A text that came from a peer, made fit for one line: control characters and the brackets
    /// of the line's own form are escaped, and it is cut to `maxIDLength` characters.
    package static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(maxIDLength) {
            if scalar.value < 0x20 || scalar.value == 0x7F || scalar == "]" || scalar == "[" {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
