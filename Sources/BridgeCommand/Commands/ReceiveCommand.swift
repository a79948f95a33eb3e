internal import NATSBridge
internal import NATSCore
internal import NATSWire
internal import Synchronization

/// `natsbridge receive`: prints what arrives on a subject.
enum ReceiveCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["receive"], summary: "receives messages and prints them, links fetched",
            operands: [OperandSpecification("SUBJECT", .one, "a subject; may hold * and >")],
            options: [
                .value("--count", short: "-n", "N", "end after N messages"),
                .value("--queue", "GROUP", "share the messages with others of the group"),
                .value("--out", short: "-o", "DIR", "write each payload into a file there"),
            ] + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                """
                A message that cannot be used is reported, counts, and the command goes on. With
                --timeout the command ends after that time: with exit code 8 when --count messages
                have not come, else with 0.
                """
            ],
            examples: [
                "natsbridge receive 'sim.>' --json", "natsbridge receive results -n 1 -o in",
            ]
        ),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let pattern = try BridgeAccess.pattern(arguments.operands[0])
        let count = try arguments.integer("--count", minimum: 1)
        let queue = try arguments["--queue"].map { name throws(CommandFailure) in
            do throws(SubjectError) { return try QueueGroup(name) } catch {
                throw CommandFailure.usage("--queue \"\(name)\": \(error)")
            }
        }
        let output = try MessageOutput(arguments, console)
        let access = try await BridgeAccess.connect(options, console)
        let received = Atomic(0)
        do throws(CommandFailure) {
            try await Deadline.run(options.timeout, stage: "receive", target: pattern.text) {
                () throws(CommandFailure) in
                do throws(NATSError) {
                    let subscription = try access.bridge.client.subscribe(
                        to: pattern, queueGroup: queue)
                    try await access.bridge.client.flush()
                    console.remark("listening on \(pattern.text)")
                    for try await message in subscription {
                        await output.show(message, with: access.bridge)
                        if received.add(1, ordering: .relaxed).newValue == count { break }
                    }
                } catch {
                    throw CommandFailure(error)
                }
            }
        } catch {
            await access.bridge.close()
            if error.exit == .timeout, error.code == "timeout", count == nil { return .ok }
            throw error
        }
        await access.bridge.close()
        return Interruption.happened ? .interrupted : .ok
    }
}
