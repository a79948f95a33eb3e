import BridgeBytes
import BridgeClaims
import BridgeJSON
import NATSBridge
import NATSCore

/// What failures tell about the message: the one place that knows their codes and stages.
extension SoakVerdict {
    /// Stages behind which nothing of the message has gone out to NATS, where no outcome is told.
    private static let before: Set<String> = [
        "connect", "serialize", "plan", "upload", "encode", "start", "store", "policy", "prepare",
    ]

    /// How failures say that uploads could not be taken back.
    private static let leftWords = [
        "these stay until their time to live ends", FileServerStore.leftSentence,
    ]

    /// A failure of the library.
    init(_ error: BridgeError) {
        self.init(
            error.outcome?.rawValue, code: error.code.rawValue, stage: error.stage.rawValue,
            "\(error)")
    }

    /// The end of the command `send --json`, whose last line says what went wrong.
    init(_ end: SoakProgram.End) {
        guard end.status != 0 else {
            self = .sent
            return
        }
        let line = end.output.split(separator: "\n").last.map(String.init) ?? ""
        let value = try? JSONValue(parsing: Bytes(utf8: line))
        self.init(
            value?["outcome"]?.stringValue, code: value?["error"]?.stringValue ?? "",
            stage: value?["stage"]?.stringValue ?? "", "exit \(end.status) \(line)")
    }

    private init(_ told: String?, code: String, stage: String, _ text: String) {
        let isBefore = Self.before.contains(stage)
        switch told.flatMap({ PublishOutcome(rawValue: $0) }) {
        case .sent: outcome = .sent
        case .unknown: outcome = .unknown
        case .lost: outcome = .notSent
        case .denied: outcome = .denied
        case nil: outcome = isBefore ? .notSent : .unknown
        }
        detail = text
        // A store that could not be reached may have what it was sent.
        mayLeaveUploads =
            isBefore && code == "unavailable"
            || Self.leftWords.contains { text.contains($0) }
    }
}
