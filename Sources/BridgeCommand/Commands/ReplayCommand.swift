internal import BridgeBytes
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import Synchronization

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
                .value("--count", short: "-n", "N", "end after N messages"),
                .value("--out", short: "-o", "DIR", "write each payload into a file there"),
            ] + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                """
                The window is measured by the server's clock. The command ends when it has printed
                what the stream held when it started. A message that cannot be used is reported
                and the command goes on.
                """
            ],
            examples: ["natsbridge replay HEALTH --since 10m --json"]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private enum Start: Sendable {
        case ago(Duration)
        case moment(Timestamp)
    }

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let stream = arguments.operands[0]
        let start = try start(arguments["--since"])
        let filters = try arguments["--subject"].map { text throws(CommandFailure) in
            [try BridgeAccess.pattern(text)]
        }
        let count = try arguments.integer("--count", minimum: 1)
        let output = try MessageOutput(arguments, console)
        let access = try await BridgeAccess.connect(options, console)
        do throws(CommandFailure) {
            try await Deadline.run(options.timeout, stage: "replay", target: stream) {
                () throws(CommandFailure) in
                do throws(JetStreamError) {
                    let jetStream = JetStream(client: access.bridge.client)
                    let duration = try await duration(since: start, of: stream, jetStream)
                    var shown = 0
                    for try await message in try await jetStream.replay(
                        stream, since: duration, filters: filters ?? [])
                    {
                        await output.show(
                            message.message, with: access.bridge,
                            position: place(message.metadata))
                        shown += 1
                        if shown == count { break }
                    }
                } catch {
                    throw CommandFailure(error)
                }
            }
        } catch {
            await access.bridge.close()
            throw error
        }
        await access.bridge.close()
        return .ok
    }

    private static func place(_ metadata: MessageMetadata) -> StreamPlace {
        StreamPlace(
            sequence: Int(clamping: metadata.streamSequence),
            deliveryCount: Int(clamping: metadata.deliveryCount))
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
