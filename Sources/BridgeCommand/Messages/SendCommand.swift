internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// `natsbridge send`: publishes one message.
enum SendCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["send"], summary: "sends one message with one or more typed payloads",
            operands: SendArguments.operands,
            options: SendArguments.options + [
                .flag("--jetstream", "wait until a JetStream stream has stored the message"),
                .flag("--no-confirm", "do not wait until the server has taken the message"),
                .flag("--no-retry", "never publish again what may have arrived"),
                .flag("--dry-run", "show sizes and transports; upload and publish nothing"),
                .flag("--no-publish", "upload and print the envelope, but do not publish it"),
            ] + ProgressOption.specifications + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                SendArguments.note,
                """
                Exit code 0 says that the server has taken the message; with --jetstream, that a
                stream has stored it; with --no-confirm and --no-publish neither. When that is not
                known, the message is published again with the same msg_id, by which receivers
                recognise the second copy. An error says whether the message may have arrived, and
                what became of its uploads.
                """,
            ],
            examples: [
                "natsbridge send sim.start config:dictionary='{\"step_size\": 0.1}'",
                "natsbridge send results table:arrowtable=@run7.arrows note:text='run 7'",
            ]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let subject = try BridgeAccess.subject(arguments.operands[0])
        var settings = try SendOptions(arguments)
        settings.mode = try mode(arguments)
        settings.retriesUnknown = !arguments.has("--no-retry")
        if let timeout = options.timeout { settings.timeout = timeout }
        let lifetime = try arguments.duration("--ttl", isPositive: true)
        let digest = try SendArguments.digest(arguments)
        let sendSettings = settings
        let style = try ProgressOption.style(arguments)
        return try await Deadline.run(
            options.timeout, stage: "send", target: subject.text, silence: .unknown
        ) { () throws(CommandFailure) in
            let payloads = try await PayloadInput.outgoing(
                Array(arguments.operands.dropFirst()))
            let access = try await BridgeAccess.connectToSend(
                options, console, timeToLive: lifetime, digest: digest)
            do throws(BridgeError) {
                if arguments.has("--dry-run") {
                    let plan = try await access.bridge.plan(
                        payloads, to: subject, options: sendSettings)
                    show(plan, subject, options, console)
                } else {
                    let progress = Progress("sending", total: nil, style: style)
                    let sent = try await progress.during { () throws(BridgeError) in
                        try await access.bridge.send(payloads, to: subject, options: sendSettings)
                    }
                    note(sendSettings.mode, console)
                    show(sent, access.bridge.storeFindings, subject, console)
                    access.tellFindings(console)
                    if sendSettings.mode == .unconfirmed { await letWrite(access.bridge) }
                }
                await access.bridge.close()
                return .ok
            } catch {
                await access.bridge.close()
                throw CommandFailure(error)
            }
        }
    }

    /// Longest wait for what nobody asked about to be written.
    private static let writingTime = Duration.seconds(1)

    /// Gives the connection the time to write what waits before it is closed. Whatever comes of
    /// it, nothing is known of the message.
    private static func letWrite(_ bridge: Bridge) async {
        try? await bridge.client.flush(timeout: writingTime)
    }

    private static func mode(_ arguments: ParsedArguments) throws(CommandFailure) -> PublishMode {
        let modes: [(option: String, mode: PublishMode)] = [
            ("--no-publish", .none), ("--jetstream", .jetStream), ("--no-confirm", .unconfirmed),
        ]
        let wanted = modes.filter { arguments.has($0.option) }
        guard wanted.count <= 1 else {
            throw .usage("\(wanted[0].option) and \(wanted[1].option) contradict each other")
        }
        return wanted.first?.mode ?? .core
    }

    /// What an output that fails must not hide.
    private static func note(_ mode: PublishMode, _ console: Console) {
        switch mode {
        case .none: break
        case .unconfirmed:
            console.noteDone(
                "the message was published, unconfirmed",
                outcome: PublishOutcome.unknown.rawValue)
        case .core, .jetStream:
            console.noteDone("the message has arrived", outcome: PublishOutcome.sent.rawValue)
        }
    }

    private static func show(
        _ sent: SentEnvelope, _ findings: [ClaimError], _ subject: Subject, _ console: Console
    ) {
        if let stored = sent.stored, stored.isDuplicate, sent.attempts == 1 {
            // It was nothing of ours that came before.
            console.remark(
                "natsbridge: stream \(stored.stream) had a message with this msg_id, and keeps that"
                    + " one: number \(stored.sequence)")
        }
        if console.json {
            let text = EnvelopeWriter.encode(sent.envelope)
            var object = (try? JSONValue(parsing: text))?.objectValue ?? JSONObject()
            object["wire_bytes"] = JSONValue(sent.wireBytes)
            object["attempts"] = JSONValue(sent.attempts)
            if let stored = sent.stored {
                object["stream"] = .string(stored.stream)
                object["stream_sequence"] = .number(JSONNumber(stored.sequence))
                object["duplicate"] = .bool(stored.isDuplicate)
            }
            if !findings.isEmpty {
                object["warnings"] = .array(findings.map { .object(CommandFailure($0).fields) })
            }
            console.line(.object(object))
            return
        }
        console.line(
            "\(subject.text)  \(Figures.bytes(sent.wireBytes))  correlation"
                + " \(sent.envelope.correlationID)")
        for line in MessageText.payloads(of: sent.envelope) { console.line(line) }
    }

    private static func show(
        _ plan: [PlannedPayload], _ subject: Subject, _ options: CommonOptions, _ console: Console
    ) {
        if console.json {
            console.line([
                "dry_run": true, "subject": .string(subject.text),
                "max_payload": JSONValue(plan.first?.limit ?? 0),
                "payloads": .array(plan.map(json)),
            ])
            return
        }
        var table = TextTable([
            .init("payload"), .init("type"), .init("size", isNumeric: true),
            .init("encoded", isNumeric: true), .init("transport"), .init("limit", isNumeric: true),
        ])
        for payload in plan {
            table.append([
                payload.name, payload.type.rawValue, Figures.grouped(payload.size),
                Figures.grouped(payload.encodedSize), payload.transport.rawValue,
                Figures.grouped(payload.limit),
            ])
        }
        for line in table.lines { console.line(line) }
    }

    private static func json(_ payload: PlannedPayload) -> JSONValue {
        [
            "dataname": .string(payload.name), "payload_type": .string(payload.type.rawValue),
            "size": JSONValue(payload.size), "encoded_size": JSONValue(payload.encodedSize),
            "transport": .string(payload.transport.rawValue), "limit": JSONValue(payload.limit),
        ]
    }
}
