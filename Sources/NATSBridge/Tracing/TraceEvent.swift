public import BridgeBytes

/// One line of a flow's trace.
///
/// Every stage that a message passes writes one, with the flow's correlation id, so that a flow
/// can be followed through all services. Payloads, credentials and queries of URLs never appear.
public struct TraceEvent: Sendable, Hashable, CustomStringConvertible {
    /// When the stage was reached.
    public let timestamp: Timestamp
    /// How much it matters.
    public let level: Level
    /// The flow.
    public let correlationID: String
    /// The stage, such as `serialize`, `upload` or `receive`.
    public let stage: String
    /// What happened, for people.
    public let message: String
    /// What happened, for programs: names and values in a fixed order.
    public let fields: [Field]

    /// How much a line matters, by the names of swift-log. Stages are `debug`, what a receiver
    /// passes over for its own good is `notice`, what is tried again or lost `warning`, and what
    /// failed `error`.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
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

    /// A line with its parts.
    public init(
        timestamp: Timestamp, level: Level = .debug, correlationID: String, stage: String,
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
    /// fields behind it.
    public var description: String {
        var line = "[\(timestamp)] [Correlation: \(Self.quoted(correlationID))] \(message)"
        for field in fields { line += " \(field.name)=\(Self.quoted(field.value))" }
        return line
    }

    /// A text that came from a peer, made fit for one line: control characters and the brackets
    /// of the line's own form are escaped, and it is cut to `maxIDLength` characters.
    static func quoted(_ text: String) -> String {
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
