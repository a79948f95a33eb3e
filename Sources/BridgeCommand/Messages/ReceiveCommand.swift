internal import BridgeBytes
internal import BridgeConsole
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// `natsbridge receive`: prints what arrives on a subject.
enum ReceiveCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["receive"], summary: "receives messages and prints them, links fetched",
            operands: [OperandSpecification("SUBJECT", .one, "a subject; may hold * and >")],
            options: [
                ReceiveArguments.count,
                .value("--queue", "GROUP", "share the messages with others of the group"),
                ReceiveArguments.out, ReceiveArguments.order, ReceiveArguments.keepsDuplicates,
                ReceiveArguments.memory, ReceiveArguments.limit,
            ] + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                MessageTally.rule, ArrowLimitOption.note,
                """
                With --timeout the command ends after that time: with exit code 8 when --count
                messages have not come. Lost connections and messages that are missing are told on
                the standard error.
                """,
            ],
            examples: [
                "natsbridge receive 'sim.>' --json", "natsbridge receive results -n 1 -o in",
            ]
        ),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    /// What is received, and how.
    private struct Plan: Sendable {
        let pattern: SubjectPattern
        let queue: QueueGroup?
        let count: Int?
        let options: ReceiveOptions
        let output: MessageOutput
    }

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let plan = Plan(
            pattern: try BridgeAccess.pattern(arguments.operands[0]),
            queue: try ReceiveArguments.queue(arguments),
            count: try arguments.integer("--count", minimum: 1),
            options: try ReceiveArguments.options(arguments),
            output: try MessageOutput(arguments, console))
        let (tally, end) = try await MessageSession.run(
            "receive", from: plan.pattern.text, options, console
        ) { bridge, tally throws(CommandFailure) in try await receive(plan, bridge, tally) }
        if Interruption.happened { return .interrupted }
        // Without a count, the time that was asked for is the end that was wanted.
        if let end, !(end.isDeadline && plan.count == nil) { throw end }
        return tally.exit
    }

    private static func receive(
        _ plan: Plan, _ bridge: Bridge, _ tally: MessageTally
    ) async throws(CommandFailure) {
        var messages = bridge.messages(
            on: plan.pattern, queueGroup: plan.queue, options: plan.options
        ).results.makeAsyncIterator()
        do throws(NATSError) { try await bridge.client.flush() } catch {
            throw CommandFailure(error)
        }
        plan.output.console.remark("listening on \(plan.pattern.text)")
        while true {
            let next = try await CommandFailure.translating { () throws(BridgeError) in
                try await messages.next()
            }
            guard let next else { throw .ended("receive", plan.pattern.text) }
            let place = MessagePlace(of: next, on: plan.pattern.text)
            if try await plan.output.take(next, of: place, tally) == plan.count { return }
        }
    }
}
