internal import NATSBridge
internal import NATSWire

/// `natsbridge request`: sends one message and prints its answer.
enum RequestCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["request"], summary: "sends one message, waits for its answer and prints it",
            operands: SendArguments.operands,
            options: SendArguments.options + [
                .value("--out", short: "-o", "DIR", "write each payload of the answer there")
            ] + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [SendArguments.note],
            examples: ["natsbridge request sim.start config:dictionary='{\"iterations\": 10}'"]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let subject = try BridgeAccess.subject(arguments.operands[0])
        let payloads = try PayloadInput.outgoing(Array(arguments.operands.dropFirst()))
        let settings = try SendOptions(arguments)
        let output = try MessageOutput(arguments, console)
        let lifetime = try arguments.duration("--ttl")
        let access = try await BridgeAccess.connect(options, console, timeToLive: lifetime)
        let timeout = options.timeout ?? CommonOptions.defaultTimeout
        do throws(CommandFailure) {
            let answer: Received
            do throws(BridgeError) {
                let progress = Progress("waiting for the answer", total: nil)
                answer = try await progress.during { () throws(BridgeError) in
                    try await access.bridge.request(
                        payloads, to: subject, options: settings, timeout: timeout)
                }
            } catch {
                throw CommandFailure(error)
            }
            try output.show(answer)
        } catch {
            await access.bridge.close()
            throw error
        }
        await access.bridge.close()
        return .ok
    }
}
