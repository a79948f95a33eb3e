internal import ArrowIPC
internal import BridgeBytes
package import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// The two processes of scenario 2, as hidden commands.
package enum TableProcess {
    private static let subject: Subject = "demo.table.results"
    /// Longest wait for the receiver's answer.
    private static let patience = Duration.seconds(300)

    package static let sender = command("demo-table-sender", "sends the demo's large table", send)
    package static let receiver = command(
        "demo-table-receiver", "receives the demo's large table", receive)

    private static func command(
        _ name: String, _ summary: String,
        _ work: @escaping @Sendable (DemoPeer, Int, Console) async throws -> Void
    ) -> Command {
        Command(
            specification: CommandSpecification(
                path: [name], summary: summary,
                options: [
                    .value("--server", "URL", "the NATS server"),
                    .value("--store", "URL", "the file server"),
                    .value("--rows", "N", "rows of the table"),
                ] + CommonOptions.everywhere, hidden: true),
            run: { arguments, console throws(CommandFailure) in
                let rows =
                    try arguments.integer("--rows", minimum: 1, maximum: DemoCommand.mostRows)
                    ?? 1000
                let options = try CommonOptions(arguments)
                let side = name == "demo-table-sender" ? "sender" : "receiver"
                do {
                    let peer = try await DemoPeer.connect(
                        side, server: options.server ?? CommonOptions.defaultServer,
                        store: options.store
                    ) { event in
                        console.line(TableLines.event(event, side: side))
                    }
                    try await work(peer, rows, console)
                    await peer.close()
                    return .ok
                } catch {
                    throw CommandFailure(demo: error)
                }
            })
    }

    private static func microseconds(_ duration: Duration) -> JSONValue {
        JSONValue(Int(Figures.seconds(duration) * 1e6))
    }

    /// Makes the table, sends it, waits for the receiver's findings, and prints both sides'.
    private static func send(_ peer: DemoPeer, rows: Int, console: Console) async throws {
        let begun = ContinuousClock.now
        let table = try await DemoTable.make(rows: rows)
        let made = ContinuousClock.now - begun
        let inbox = peer.bridge.client.newInbox()
        let subscription = try peer.bridge.client.subscribe(to: SubjectPattern(inbox))
        var options = SendOptions()
        options.replyTo = inbox.text
        options.mode = .core
        let start = ContinuousClock.now
        let sent = try await peer.bridge.send(
            ["results": .table(table)], to: subject, options: options)
        let upload = ContinuousClock.now - start
        let peak = ResourceUse.now().peakResidentBytes
        guard let message = try await firstMessage(subscription) else { return }
        let answer = try await peer.bridge.receive(message)
        // Not earlier: it would keep a processor busy while the receiver's time is taken.
        let reading = try TableReading(of: table)
        guard case .json(let findings)? = answer["findings"]?.value else { return }
        let received = findings["receive_us"]?.intValue ?? 0
        console.line(
            TableLines.result([
                "correlation_id": .string(sent.envelope.correlationID),
                "total_us": JSONValue(Int(Figures.seconds(upload) * 1e6) + received),
                "sender": [
                    "bytes": JSONValue(sent.envelope.payloads.first?.size ?? 0),
                    "make_us": microseconds(made), "upload_us": microseconds(upload),
                    "peak_bytes": JSONValue(peak), "sums": reading.sums.json,
                    "digests": .array(reading.digests.map { .string($0) }),
                ],
                "receiver": findings,
            ]))
    }

    /// Waits for the table, reads every value of it, and answers with what was found.
    private static func receive(_ peer: DemoPeer, rows: Int, console: Console) async throws {
        let subscription = try peer.bridge.client.subscribe(to: SubjectPattern(subject))
        try await peer.bridge.client.flush()
        console.line(TableLines.ready)
        guard let message = try await firstMessage(subscription) else { return }
        let start = ContinuousClock.now
        let received = try await peer.bridge.receive(message)
        let time = ContinuousClock.now - start
        guard let payload = received.payloads.first, case .table(let table)? = payload.value
        else { return }
        let opening = ContinuousClock.now
        _ = try Table(ipcStream: payload.bytes)
        let reading = ContinuousClock.now
        let values = try TableReading(of: table)
        let end = ContinuousClock.now
        let bytes = payload.bytes.address..<payload.bytes.address + UInt(payload.bytes.count)
        let isInside =
            !values.addresses.isEmpty && values.addresses.lowerBound >= bytes.lowerBound
            && values.addresses.upperBound <= bytes.upperBound
        let findings: JSONValue = [
            "receive_us": microseconds(time), "open_us": microseconds(reading - opening),
            "read_us": microseconds(end - reading), "sums": values.sums.json,
            "digests": .array(values.digests.map { .string($0) }), "inside": .bool(isInside),
            "transport": .string(payload.transport.rawValue),
            "peak_bytes": JSONValue(ResourceUse.now().peakResidentBytes),
        ]
        var options = SendOptions()
        options.correlationID = received.envelope.correlationID
        options.replyToMessageID = received.envelope.messageID
        options.mode = .core
        try await peer.bridge.send(
            ["findings": .json(findings)],
            to: try Subject(received.envelope.replyTo), options: options)
    }

    private static func firstMessage(
        _ subscription: NATSSubscription
    ) async throws -> NATSMessage? {
        try await Deadline.run(patience, stage: "receive", target: subject.text) {
            () throws(CommandFailure) in
            do throws(NATSError) {
                for try await message in subscription { return message }
                return nil
            } catch {
                throw CommandFailure(error)
            }
        }
    }
}
