internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSWire

/// `natsbridge consumer …`: what consumers a stream has, and what is done to one.
enum ConsumerCommands {
    private static let consumer = OperandSpecification("CONSUMER", .one, "the name of the consumer")
    private static let operands = [StreamCommands.stream, consumer]

    static let list = Command(
        specification: CommandSpecification(
            path: ["consumer", "ls"], aliases: ["list"], summary: "lists the consumers of a stream",
            operands: [StreamCommands.stream], options: JetStreamAccess.options,
            examples: ["natsbridge consumer ls ORDERS"]),
        run: { arguments, console throws(CommandFailure) in
            let stream = arguments.operands[0]
            let consumers = try await JetStreamAccess.run(
                "consumer ls", stream, arguments, console
            ) { jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.consumers(on: stream).all()
                }
            }
            show(consumers.sorted { $0.name < $1.name }, of: stream, console)
            return .ok
        })

    private static func show(
        _ consumers: [ConsumerInfo], of stream: String, _ console: Console
    ) {
        if console.json {
            for info in consumers { console.line(JetStreamJSON.consumer(info)) }
            return
        }
        guard !consumers.isEmpty else {
            return console.remark("natsbridge: \(stream) has no consumers")
        }
        var table = TextTable([
            .init("consumer"), .init("filter"), .init("to come", isNumeric: true),
            .init("unacknowledged", isNumeric: true), .init("redelivered", isNumeric: true),
            .init("requests", isNumeric: true), .init("ack wait", isNumeric: true),
        ])
        for info in consumers {
            table.append([
                info.isPaused ? "\(info.name) (paused)" : info.name, filter(info),
                JetStreamText.count(info.pending), Figures.grouped(info.ackPending),
                Figures.grouped(info.redelivered), Figures.grouped(info.waiting),
                info.configuration.ackWait.map(JetStreamText.span) ?? "–",
            ])
        }
        for line in table.lines(within: Terminal.width) { console.line(line) }
    }

    private static func filter(_ info: ConsumerInfo) -> String {
        let filters = info.configuration.filterSubjects
        return filters.isEmpty ? ">" : filters.map(\.text).joined(separator: ", ")
    }

    static let info = Command(
        specification: CommandSpecification(
            path: ["consumer", "info"], summary: "shows what a consumer is and where it stands",
            operands: operands, options: JetStreamAccess.options,
            examples: ["natsbridge consumer info ORDERS billing --json"]),
        run: { arguments, console throws(CommandFailure) in
            let (stream, name) = (arguments.operands[0], arguments.operands[1])
            let info = try await JetStreamAccess.run("consumer info", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.consumerInfo(name, on: stream)
                }
            }
            show(info, console)
            return .ok
        })

    private static func show(_ info: ConsumerInfo, _ console: Console) {
        if console.json { return console.line(JetStreamJSON.consumer(info)) }
        let settings = info.configuration
        let backoff = settings.backoff.map(JetStreamText.span).joined(separator: ", ")
        JetStreamText.block(
            "\(info.stream) > \(info.name)",
            [
                ("description", settings.description), ("filter", filter(info)),
                ("acknowledging", settings.ackPolicy.rawValue),
                ("ack wait", settings.ackWait.map(JetStreamText.span)),
                ("most deliveries", JetStreamText.limit(settings.maxDeliver)),
                ("backoff", backoff.isEmpty ? nil : backoff),
                (
                    "most unacknowledged",
                    settings.maxAckPending.map { JetStreamText.limit($0 < 0 ? nil : $0) }
                ),
                ("goes unused after", settings.inactiveThreshold.map(JetStreamText.span)),
                ("created", info.created?.description),
                ("paused for", info.pauseRemaining.map(JetStreamText.span)),
                ("to come", JetStreamText.count(info.pending)),
                ("delivered up to", info.deliveredStreamSequence.map(JetStreamText.count)),
                ("acknowledged up to", info.ackFloor.map(JetStreamText.count)),
                ("unacknowledged", Figures.grouped(info.ackPending)),
                ("redelivered", Figures.grouped(info.redelivered)),
                ("waiting requests", Figures.grouped(info.waiting)),
            ], console)
    }

    static let add = Command(
        specification: CommandSpecification(
            path: ["consumer", "add"], aliases: ["create", "new"],
            summary: "makes a durable pull consumer", operands: operands,
            options: ConsumerSettings.options + JetStreamAccess.options,
            examples: [
                "natsbridge consumer add ORDERS billing --filter orders.new --wait 1m"
                    + " --max-deliver 5"
            ]),
        run: { arguments, console throws(CommandFailure) in
            let (stream, name) = (arguments.operands[0], arguments.operands[1])
            let settings = try ConsumerSettings.new(name, arguments)
            let info = try await JetStreamAccess.run("consumer add", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.createConsumer(settings, on: stream)
                    return try await jetStream.consumerInfo(name, on: stream)
                }
            }
            show(info, console)
            return .ok
        })

    static let remove = Command(
        specification: CommandSpecification(
            path: ["consumer", "rm"], aliases: ["del", "delete"], summary: "removes a consumer",
            operands: operands, options: [Confirmation.option] + JetStreamAccess.options,
            notes: ["What it has delivered and what not is forgotten; messages stay."],
            examples: ["natsbridge consumer rm ORDERS billing --force"]),
        run: { arguments, console throws(CommandFailure) in
            let (stream, name) = (arguments.operands[0], arguments.operands[1])
            try await Confirmation.ask("remove consumer \(name) of \(stream)", arguments)
            try await JetStreamAccess.run("consumer rm", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.deleteConsumer(name, on: stream)
                }
            }
            if console.json {
                console.line([
                    "stream": .string(stream), "consumer": .string(name), "removed": true,
                ])
            }
            return .ok
        })
}
