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
        if let summary = tally.summary { console.remark(summary) }
        return (tally, end)
    }
}
