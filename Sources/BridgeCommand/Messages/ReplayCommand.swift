internal import BridgeBytes
internal import BridgeConsole
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

/// `natsbridge replay`: prints what a stream holds since a time.
enum ReplayCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["replay"], summary: "prints a stream's messages since a time, links fetched",
            operands: [OperandSpecification("STREAM", .one, "the JetStream stream")],
            options: [
                .value(
                    "--since", "TIME",
                    "a duration before now, such as 10m, or a time such as 2026-03-13T07:00:00Z"),
                .value("--subject", "SUBJECT", "only messages of this subject; may hold * and >"),
                ReceiveArguments.count, ReceiveArguments.out, ReceiveArguments.memory,
                ReceiveArguments.limit,
            ] + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                """
                The window is measured by the server's clock. The command ends when it has printed
                what the stream held when it started, in the order of the stream. Messages that
                leave the stream before they are read are told on the standard error. A server that
                is gone is waited for, without --timeout for ever.
                """,
                MessageTally.rule, ArrowLimitOption.note,
            ],
            examples: ["natsbridge replay HEALTH --since 10m --json"]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private enum Start: Sendable {
        case ago(Duration)
        case moment(Timestamp)
    }

    /// What is replayed, and how.
    private struct Plan: Sendable {
        let stream: String
        let start: Start
        let filters: [SubjectPattern]
        let count: Int?
        let output: MessageOutput
    }

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let plan = Plan(
            stream: arguments.operands[0], start: try start(arguments["--since"]),
            filters: try arguments["--subject"].map { text throws(CommandFailure) in
                [try BridgeAccess.pattern(text)]
            } ?? [],
            count: try arguments.integer("--count", minimum: 1),
            output: try MessageOutput(arguments, console))
        let (tally, end) = try await MessageSession.run(
            "replay", from: plan.stream, options, console
        ) { bridge, tally throws(CommandFailure) in try await replay(plan, bridge, tally) }
        if let end { throw end }
        return tally.exit
    }

    private static func replay(
        _ plan: Plan, _ bridge: Bridge, _ tally: MessageTally
    ) async throws(CommandFailure) {
        let duration: Duration
        do throws(JetStreamError) {
            duration = try await Self.duration(
                since: plan.start, of: plan.stream, JetStream(client: bridge.client))
        } catch {
            throw CommandFailure(error)
        }
        var messages = try await CommandFailure.translating { () throws(BridgeError) in
            try await bridge.replay(plan.stream, since: duration, filters: plan.filters)
        }.results.makeAsyncIterator()
        while true {
            let next = try await CommandFailure.translating { () throws(BridgeError) in
                try await messages.next()
            }
            guard let next else {
                // A sequence ends quietly when its task is cancelled; a replay then is not whole.
                if Task.isCancelled { throw .ended("replay", plan.stream) }
                return
            }
            let place = MessagePlace(of: next, in: plan.stream)
            if try await plan.output.take(next.result, of: place, tally) == plan.count { return }
        }
    }

    private static func start(_ text: String?) throws(CommandFailure) -> Start {
        guard let text else {
            throw .usage("--since is missing", hint: "such as --since 10m")
        }
        if let duration = DurationText.parse(text) { return .ago(duration) }
        if let moment = Timestamp(text) { return .moment(moment) }
        throw .usage(
            "--since \"\(text)\" is neither a duration nor a time",
            hint: "write 10m or 2026-03-13T07:00:00Z")
    }

    /// How far back the window begins, by the server's clock.
    private static func duration(
        since start: Start, of stream: String, _ jetStream: JetStream
    ) async throws(JetStreamError) -> Duration {
        switch start {
        case .ago(let duration): return duration
        case .moment(let moment):
            let now = try await jetStream.streamInfo(stream).serverTime ?? moment
            return .milliseconds(max(0, now.milliseconds - moment.milliseconds))
        }
    }
}
