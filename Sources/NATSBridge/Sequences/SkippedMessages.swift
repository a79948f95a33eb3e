/// What a sequence has passed over since the last message that it handed out.
package struct SkippedMessages {
    private var errors: [BridgeError] = []

    package init() {}

    /// Adds one. Beyond `Received.skippedLimit` the oldest one goes, a loss only where there is
    /// nothing else.
    package mutating func add(_ error: BridgeError) {
        errors.append(error)
        guard errors.count > Received.skippedLimit else { return }
        errors.remove(at: errors.firstIndex { !$0.isLoss } ?? 0)
    }

    /// Everything that was added since the last time, in its order.
    package mutating func take() -> [BridgeError] {
        defer { errors = [] }
        return errors
    }
}
