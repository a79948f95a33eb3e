internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import NATSBridge
internal import NATSWire

/// What `reply` answers with.
enum ReplyAnswer: Sendable {
    /// The same payloads for everybody.
    case payloads(Payloads)
    /// The request's own payloads.
    case echo
    /// What a command prints, as a payload of a name and a type.
    case command(String, name: String, type: String)

    init(_ arguments: ParsedArguments) async throws(CommandFailure) {
        let texts = Array(arguments.operands.dropFirst())
        let line = arguments["--command"]
        let ways = [!texts.isEmpty, line != nil, arguments.has("--echo")].count { $0 }
        guard ways == 1 else {
            throw .usage(
                ways == 0 ? "nothing says what the answer is" : "several things say what it is",
                hint: "give payloads, --command LINE or --echo")
        }
        guard line != nil || !arguments.has("--output") else {
            throw .usage("--output is for the output of a --command")
        }
        if let line {
            let text = arguments["--output"] ?? "output:text"
            let payload = try PayloadArgument(parsing: "\(text)=")
            self = .command(line, name: payload.name, type: payload.type)
        } else if arguments.has("--echo") {
            self = .echo
        } else {
            self = .payloads(try await PayloadInput.outgoing(texts))
        }
    }

    /// The payloads for one request.
    /// - Throws: Why there are none; `cancelled` when the task is.
    func payloads(for request: Received) async throws(CommandFailure) -> Payloads {
        switch self {
        case .payloads(let payloads): return payloads
        case .echo:
            var payloads: Payloads = []
            for payload in request.payloads {
                guard let value = payload.value else {
                    throw CommandFailure(
                        .integrity, code: payload.error?.code ?? .missingValue, stage: "echo",
                        target: request.subject.text,
                        detail: "payload \(payload.name) cannot be read")
                }
                payloads.append(Payload(payload.name, value))
            }
            return payloads
        case .command(let line, let name, let type):
            let first = request.payloads.first
            // What is not what its type says has its bytes all the same.
            if let first, let error = first.error, first.bytes.isEmpty {
                throw CommandFailure(
                    .integrity, code: error.code, stage: "command", target: request.subject.text,
                    detail: "payload \(first.name) cannot be had: \(error.detail)")
            }
            let output = try await FilteringCommand.run(
                line, input: first?.bytes ?? Bytes(),
                variables: [
                    ("NATSBRIDGE_SUBJECT", request.subject.text),
                    ("NATSBRIDGE_CORRELATION_ID", request.correlationID),
                    ("NATSBRIDGE_MSG_ID", request.messageID),
                    ("NATSBRIDGE_SENDER_NAME", request.envelope.senderName),
                ])
            return [
                Payload(
                    name,
                    try PayloadInput.value(
                        output, name: name, type: type, place: "the command's output"))
            ]
        }
    }
}
