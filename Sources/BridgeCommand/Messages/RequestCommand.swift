internal import BridgeBytes
internal import BridgeConsole
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// `natsbridge request`: sends one message and prints its answer.
enum RequestCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["request"], summary: "sends one message, waits for its answer and prints it",
            operands: SendArguments.operands,
            options: SendArguments.options + [
                ReceiveArguments.out, ReceiveArguments.memory, ReceiveArguments.limit,
            ] + ProgressOption.specifications + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                SendArguments.note,
                """
                An answer of which a payload cannot be used is printed with what could be had, and
                the exit code is that of the first such payload.
                """,
                ArrowLimitOption.note,
            ],
            examples: ["natsbridge request sim.start config:dictionary='{\"iterations\": 10}'"]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let subject = try BridgeAccess.subject(arguments.operands[0])
        var settings = RequestOptions()
        settings.sending = try SendOptions(arguments)
        let request = settings
        let output = try MessageOutput(arguments, console)
        let lifetime = try arguments.duration("--ttl", isPositive: true)
        let digest = try SendArguments.digest(arguments)
        let style = try ProgressOption.style(arguments)
        let timeout = options.timeout ?? CommonOptions.defaultTimeout
        let payloads = try await Deadline.run(timeout, stage: "read", target: subject.text) {
            () throws(CommandFailure) in
            try await PayloadInput.outgoing(Array(arguments.operands.dropFirst()))
        }
        let access = try await BridgeAccess.connectToSend(
            options, console, timeToLive: lifetime, digest: digest)
        let answer: Received
        do throws(CommandFailure) {
            let progress = Progress("waiting for the answer", total: nil, style: style)
            // The request bounds itself; what it knows when it is interrupted is waited for.
            answer = try await Deadline.run(
                nil, stage: "request", target: subject.text, silence: .unknown
            ) { () throws(CommandFailure) in
                try await CommandFailure.translating { () throws(BridgeError) in
                    try await progress.during { () throws(BridgeError) in
                        try await access.bridge.request(
                            payloads, to: subject, options: request, timeout: timeout)
                    }
                }
            }
        } catch {
            await access.bridge.close()
            access.tellFindings(console)
            throw error
        }
        access.tellFindings(console)
        await access.bridge.close()
        console.noteDone("the request was answered", outcome: PublishOutcome.sent.rawValue)
        let place = MessagePlace(subject: answer.subject.text)
        return try await output.show(answer, of: place)?.exit ?? .ok
    }
}
