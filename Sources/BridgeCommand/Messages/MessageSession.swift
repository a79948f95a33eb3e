internal import BridgeConsole
internal import NATSBridge
internal import NATSCore

/// What `receive` and `replay` have in common: a connection, the time that was asked for, and the
/// sum of what came.
enum MessageSession {
    /// Connects, has messages taken, closes, and prints the sum.
    /// - Parameters:
    ///   - stage: The name of the command, for errors.
    ///   - source: The subject or stream that the messages come from.
    ///   - grace: How long the body is waited for when it is to end.
    ///   - body: Takes messages until it has enough, and tells the tally.
    /// - Returns: What came, and why it ended before the body did, if so.
    static func run(
        _ stage: String, from source: String, _ options: CommonOptions, _ console: Console,
        grace: Duration = Deadline.grace,
        _ body: @escaping @Sendable (Bridge, MessageTally) async throws(CommandFailure) -> Void
    ) async throws(CommandFailure) -> (tally: MessageTally, end: CommandFailure?) {
        let access = try await BridgeAccess.connect(options, console)
        let tally = MessageTally()
        var end: CommandFailure?
        do throws(CommandFailure) {
            try await Deadline.run(
                options.timeout, stage: stage, target: source, grace: grace
            ) { () throws(CommandFailure) in
                try await ConnectionReport.during(access.bridge.client, console) {
                    () throws(CommandFailure) in try await body(access.bridge, tally)
                }
            }
        } catch {
            end = error
        }
        let isEnded = end != nil || Interruption.happened
        if isEnded, stage != "replay", !console.readerHasGone {
            await tellSilence(access.bridge, source, tally, console)
        }
        await access.bridge.close()
        // Who has gone has had enough, and misses nothing.
        guard !console.readerHasGone else { return (tally, end) }
        if isEnded { tellAbandoned(access.bridge, stage, source, tally, console) }
        let decides = !isEnded && !console.outputHasFailed
        if let summary = tally.summary(decides: decides) { console.remark(summary) }
        return (tally, end)
    }

    /// How long the server has to show, at the end, that it has sent what it had.
    private static let silenceLimit = Duration.seconds(1)

    /// Tells that messages may be missing where the server, asked at the end, does not answer: what
    /// ends by its time has no other way to know of a connection that has frozen.
    private static func tellSilence(
        _ bridge: Bridge, _ source: String, _ tally: MessageTally, _ console: Console
    ) async {
        guard bridge.client.isConnected else { return }
        // Apart from this task, which a signal has cancelled.
        let isSilent = await Task.detached {
            do throws(NATSError) {
                try await bridge.client.flush(timeout: silenceLimit)
                return false
            } catch {
                return error.code == .timeout || error.code == .disconnected
            }
        }.value
        guard isSilent else { return }
        let failure = CommandFailure(
            BridgeError(
                .messagesLost, stage: .receive, subject: source,
                detail: "the server does not answer: nobody knows how many messages are missing"
                    + " here, perhaps none"))
        tally.countLoss(failure, count: nil)
        console.remark(failure.line)
        guard console.json else { return }
        console.line(MessageJSON.loss(failure, count: nil, of: MessagePlace(subject: source)))
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
