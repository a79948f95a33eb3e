internal import BridgeBytes
package import BridgeConsole
package import BridgeJSON

/// What an examination has found, and what to do about it.
package struct DoctorFinding: Sendable {
    /// How bad it is.
    package enum Level: Int, Sendable, Comparable {
        case ok
        /// It works today; it will not always.
        case warning
        /// It does not work.
        case critical

        /// As the words of the output say it.
        package var word: String {
            switch self {
            case .ok: "ok"
            case .warning: "warning"
            case .critical: "critical"
            }
        }

        package static func < (left: Level, right: Level) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// A number that was measured, such as `round_trip_seconds`.
    package struct Figure: Sendable {
        package let name: String
        package let value: Double

        package init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    /// What was examined: a stable word, such as `connection`.
    package let check: String
    package let level: Level
    /// What was found, in a sentence without a full stop.
    package let message: String
    /// What to do about it; nil where nothing is to be done.
    package let advice: String?
    package let figures: [Figure]
    /// What the command's exit code is when this is the worst.
    package let exit: ExitCode

    package init(
        _ check: String, _ level: Level, _ message: String, advice: String? = nil,
        figures: [Figure] = [], exit: ExitCode? = nil
    ) {
        self.check = check
        self.level = level
        self.message = message
        self.advice = advice
        self.figures = figures
        self.exit = level == .ok ? .ok : exit ?? .other
    }

    /// What could not be done.
    package init(_ check: String, _ failure: CommandFailure) {
        self.init(
            check, .critical, "\(failure.detail) (\(failure.code))", advice: failure.hint,
            exit: failure.exit)
    }

    /// The finding as a JSON object.
    package var json: JSONValue {
        var object = JSONObject()
        object["check"] = .string(check)
        object["level"] = .string(level.word)
        object["message"] = .string(message)
        object["advice"] = advice.map { .string($0) }
        for figure in figures { object[figure.name] = JSONValue(figure.value) }
        return .object(object)
    }
}
