internal import BridgeConsole
internal import NATSBridge

/// What `receive` and `replay` have in common: a connection, the time that was asked for, and the
/// sum of what came.
enum MessageSession {
    /// Connects, has messages taken, closes, and prints the sum.
    /// - Parameters:
    ///   - stage: The name of the command, for errors.
    ///   - source: The subject or stream that the messages come from.
    ///   - body: Takes messages until it has enough, and tells the tally.
    /// - Returns: What came, and why it ended before the body did, if so.
    static func run(
        _ stage: String, from source: String, _ options: CommonOptions, _ console: Console,
        _ body: @escaping @Sendable (Bridge, MessageTally) async throws(CommandFailure) -> Void
    ) async throws(CommandFailure) -> (tally: MessageTally, end: CommandFailure?) {
        let access = try await BridgeAccess.connect(options, console)
        let tally = MessageTally()
        var end: CommandFailure?
        do throws(CommandFailure) {
            try await Deadline.run(options.timeout, stage: stage, target: source) {
                () throws(CommandFailure) in
                try await ConnectionReport.during(access.bridge.client, console) {
                    () throws(CommandFailure) in try await body(access.bridge, tally)
                }
            }
        } catch {
            end = error
        }
        await access.bridge.close()
        if end != nil || Interruption.happened {
            tellAbandoned(access.bridge, stage, source, tally, console)
        }
        if let summary = tally.summary { console.remark(summary) }
        return (tally, end)
    }

    /// Tells of messages that had come when the command was ended, and that it has not printed.
    private static func tellAbandoned(
        _ bridge: Bridge, _ stage: String, _ source: String, _ tally: MessageTally,
        _ console: Console
    ) {
        let count = bridge.statistics.messagesAbandoned
        guard count > 0 else { return }
        let failure = CommandFailure(
            BridgeError(
                .messagesLost, stage: stage == "replay" ? .replay : .receive, subject: source,
                detail: (count == 1
                    ? "1 message that had come was" : "\(count) messages that had come were")
                    + " not printed: a link was still being fetched, or they waited behind such a"
                    + " message"))
        tally.countLoss(failure, count: count)
        console.remark(failure.line)
        guard console.json else { return }
        console.line(
            MessageJSON.loss(failure, count: count, of: MessagePlace(subject: source)))
    }
}
