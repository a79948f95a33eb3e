internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSWire

/// `natsbridge stream get`: one message of a stream, as it is stored.
enum StreamGetCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["stream", "get"], summary: "prints one message of a stream, as it is stored",
            operands: [
                StreamCommands.stream, OperandSpecification("SEQUENCE", .optional, "its number"),
            ],
            options: [
                .value("--last-for", "SUBJECT", "the last message of this subject instead"),
                .flag("--raw", "only its bytes, as they are"),
            ] + JetStreamAccess.options,
            notes: [
                """
                Links in it are not followed: `natsbridge replay` prints what messages mean.
                """
            ],
            examples: [
                "natsbridge stream get ORDERS 1",
                "natsbridge stream get ORDERS --last-for orders.new --json",
            ]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let name = arguments.operands[0]
        let number = arguments.operands.count > 1 ? UInt64(arguments.operands[1]) : nil
        let subject = try arguments["--last-for"].map { text throws(CommandFailure) in
            try BridgeAccess.subject(text)
        }
        guard (number == nil) != (subject == nil), number != 0,
            arguments.operands.count == 1 || number != nil
        else { throw .usage("either the number of a message or --last-for names it") }
        let message = try await JetStreamAccess.run("stream get", name, arguments, console) {
            jetStream throws(CommandFailure) in
            try await CommandFailure.jetStream { () throws(JetStreamError) in
                if let subject { return try await jetStream.lastMessage(on: subject, in: name) }
                return try await jetStream.message(number ?? 0, in: name)
            }
        }
        if arguments.has("--raw") {
            console.raw(message.payload)
        } else if console.json {
            console.line(json(message))
        } else {
            JetStreamText.block(
                "\(message.stream)  \(JetStreamText.count(message.sequence))",
                [
                    ("subject", message.subject.text), ("stored", message.time.description),
                    ("size", Figures.bytes(message.payload.count)),
                ] + message.headers.map { ("header", "\($0.name.text): \($0.value.text)") },
                console)
            console.line("")
            console.line(
                message.text ?? "\(Figures.bytes(message.payload.count)) that are no text")
        }
        return .ok
    }

    private static func json(_ message: StoredMessage) -> JSONValue {
        var object = JSONObject()
        object["stream"] = .string(message.stream)
        object["subject"] = .string(message.subject.text)
        object["seq"] = JetStreamJSON.number(message.sequence)
        object["time"] = JetStreamJSON.time(message.time)
        object["headers"] = .array(
            message.headers.map { [.string($0.name.text), .string($0.value.text)] })
        JetStreamJSON.content(message.payload, as: "data", into: &object)
        return .object(object)
    }
}
