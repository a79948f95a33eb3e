import NATSBridge

/// What failures tell about the message: the one place that knows their codes and stages.
extension SoakVerdict {
    /// Stages behind which nothing of the message has gone out to NATS.
    private static let before: Set<String> = [
        "connect", "serialize", "plan", "upload", "encode", "start", "store", "policy", "prepare",
    ]

    /// How failures say that uploads could not be taken back.
    private static let leftWords = [
        "uploads left to their time to live", "these stay until their time to live ends",
    ]

    /// A failure of the library.
    init(_ error: BridgeError) {
        self.init(code: error.code, stage: error.stage.rawValue, text: "\(error)")
    }

    /// The end of the command `send`.
    init(_ end: SoakProgram.End) {
        guard end.status != 0 else {
            self = .sent
            return
        }
        // natsbridge: STAGE TARGET: DETAIL (CODE) [correlation ID]; HINT
        let line = end.errors.split(separator: "\n").last.map(String.init) ?? ""
        let words = line.split(separator: " ").map(String.init)
        let stage = words.count > 1 ? words[1].filter { $0.isLetter } : ""
        let code = words.last { $0.hasPrefix("(") && $0.hasSuffix(")") } ?? ""
        self.init(
            code: String(code.dropFirst().dropLast()), stage: stage,
            text: "exit \(end.status) \(line)")
    }

    private init(code: String, stage: String, text: String) {
        let isBefore = Self.before.contains(stage)
        outcome = code == "permission_denied" ? .denied : isBefore ? .notSent : .unknown
        detail = text
        // A store that could not be reached may have what it was sent.
        mayLeaveUploads =
            isBefore && code == "claim.store_unavailable"
            || Self.leftWords.contains { text.contains($0) }
    }
}
