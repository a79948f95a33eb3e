internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// `natsbridge reply`: answers requests with payloads, with what a command prints, or with the
/// request's own payloads.
enum ReplyCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["reply"], summary: "answers requests with payloads or a command's output",
            operands: [
                OperandSpecification("SUBJECT", .one, "a subject; may hold * and >"),
                OperandSpecification(
                    "PAYLOAD", .any, "NAME:TYPE=VALUE, or NAME:TYPE=@FILE (@- standard input)"),
            ],
            options: [
                .value(
                    "--command", "LINE",
                    "answer with what this prints: /bin/sh runs it for each request"),
                .value(
                    "--output", "NAME:TYPE",
                    "the payload that the command's output becomes (default output:text)"),
                .flag("--echo", "answer with the request's own payloads"),
                .value("--queue", "GROUP", "share the requests with others of the group"),
                .value("--count", short: "-n", "N", "end after N requests"),
                .value("--sender-name", "NAME", "who answers"),
                .value("--metadata", "JSON", "the answers' metadata, a JSON object"),
                .value(
                    "--header", short: "-H", "K=V", repeats: true,
                    "a NATS header, also as 'K: V'; may repeat"),
                ReceiveArguments.memory, ReceiveArguments.limit,
            ] + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                SendArguments.note,
                """
                Requests are printed as `receive` prints messages, and answered one after the
                other. The command's standard input holds the bytes of the request's first payload;
                its environment NATSBRIDGE_SUBJECT, NATSBRIDGE_CORRELATION_ID, NATSBRIDGE_MSG_ID
                and NATSBRIDGE_SENDER_NAME. One that fails, and a request that cannot be read, are
                answered with the purpose NACK and the payload error:text. SIGTERM takes no more
                requests, and ends it when those that are there are answered.
                """,
                MessageTally.rule,
            ],
            examples: [
                "natsbridge reply sim.start status:text=Running",
                "natsbridge reply 'upper.*' --command 'tr a-z A-Z' --queue workers",
            ]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    /// What is answered, and how.
    private struct Plan: Sendable {
        let pattern: SubjectPattern
        let queue: QueueGroup?
        let count: Int?
        let answer: ReplyAnswer
        let sending: SendOptions
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
            answer: try await ReplyAnswer(arguments), sending: try SendOptions(arguments),
            output: try MessageOutput(arguments, console))
        let (tally, end) = try await MessageSession.run(
            "reply", from: plan.pattern.text, options, console,
            grace: Bridge.drainPatience + Deadline.grace
        ) { bridge, tally throws(CommandFailure) in try await untilTold(plan, bridge, tally) }
        if Interruption.happened { return Interruption.isTermination ? .ok : .interrupted }
        if let end, !(end.isDeadline && plan.count == nil) { throw end }
        return tally.exit
    }

    /// Serves until it ends or is ended. Who sends SIGTERM has those who have asked answered; what
    /// else ends it, ends it at once.
    private static func untilTold(
        _ plan: Plan, _ bridge: Bridge, _ tally: MessageTally
    ) async throws(CommandFailure) {
        // Apart from this task, which a signal cancels.
        let serving = Task { () -> Result<Void, CommandFailure> in
            do throws(CommandFailure) {
                return .success(try await serve(plan, bridge, tally))
            } catch {
                return .failure(error)
            }
        }
        let result = await withTaskCancellationHandler {
            await serving.value
        } onCancel: {
            guard Interruption.isTermination else { return serving.cancel() }
            // What does not end in time is ended with the connection.
            Task { _ = try? await bridge.drain() }
        }
        try result.get()
    }

    private static func serve(
        _ plan: Plan, _ bridge: Bridge, _ tally: MessageTally
    ) async throws(CommandFailure) {
        var requests = bridge.messages(on: plan.pattern, queueGroup: plan.queue)
            .results.makeAsyncIterator()
        do throws(NATSError) { try await bridge.client.flush() } catch {
            throw CommandFailure(error)
        }
        plan.output.console.remark("listening on \(plan.pattern.text)")
        while true {
            let next = try await CommandFailure.translating { () throws(BridgeError) in
                try await requests.nextRequest()
            }
            guard let (next, replyTo) = next else {
                if Interruption.isTermination { return }
                throw .ended("reply", plan.pattern.text)
            }
            let place = MessagePlace(of: next, on: plan.pattern.text)
            let count = try await plan.output.take(next, of: place, tally)
            switch next {
            case .success(let request): try await answer(request, plan, bridge)
            case .failure(let error): await refuse(error, replyTo, plan, bridge)
            }
            if count == plan.count { return }
        }
    }

    /// Tells whoever has sent what cannot be read, and waits for an answer.
    private static func refuse(
        _ error: BridgeError, _ replyTo: Subject?, _ plan: Plan, _ bridge: Bridge
    ) async {
        guard let replyTo, !error.isLoss else { return }
        var sending = plan.sending
        sending.purpose = "NACK"
        do throws(BridgeError) {
            try await bridge.send(
                [Payload("error", .text(error.detail))], to: replyTo, options: sending)
        } catch {
            plan.output.console.remark(CommandFailure(error).line)
        }
    }

    /// Answers one request. An answer that cannot be sent is told, and the next request is waited
    /// for.
    private static func answer(
        _ request: Received, _ plan: Plan, _ bridge: Bridge
    ) async throws(CommandFailure) {
        var sending = plan.sending
        let payloads: Payloads
        do throws(CommandFailure) {
            payloads = try await plan.answer.payloads(for: request)
        } catch {
            if error.exit == .interrupted { throw error }
            plan.output.console.remark(error.line)
            sending.purpose = "NACK"
            payloads = [Payload("error", .text(error.detail))]
        }
        do throws(BridgeError) {
            try await bridge.reply(payloads, to: request, options: sending)
        } catch {
            if Task.isCancelled { throw CommandFailure(error) }
            plan.output.console.remark(CommandFailure(error).line)
        }
    }
}
