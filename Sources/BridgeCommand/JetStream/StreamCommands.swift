internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSWire

/// `natsbridge stream ls` and `info`: what streams there are, and what one is.
enum StreamCommands {
    static let stream = OperandSpecification("STREAM", .one, "the name of the stream")

    static let list = Command(
        specification: CommandSpecification(
            path: ["stream", "ls"], aliases: ["list"], summary: "lists the streams",
            options: [
                .value("--subject", "SUBJECT", "only those that store it"),
                .flag("--names", short: "-n", "only their names"),
            ] + JetStreamAccess.options,
            examples: ["natsbridge stream ls", "natsbridge stream ls --names"]),
        run: { arguments, console throws(CommandFailure) in
            let filter = try arguments["--subject"].map { text throws(CommandFailure) in
                try BridgeAccess.pattern(text)
            }
            let streams = try await JetStreamAccess.run("stream list", nil, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.streams(storing: filter).all()
                }
            }
            show(
                streams.sorted { $0.configuration.name < $1.configuration.name },
                namesOnly: arguments.has("--names"), console)
            return .ok
        })

    private static func show(_ streams: [StreamInfo], namesOnly: Bool, _ console: Console) {
        if console.json {
            for info in streams {
                console.line(
                    namesOnly
                        ? ["name": .string(info.configuration.name)] : JetStreamJSON.stream(info))
            }
            return
        }
        if namesOnly {
            for info in streams { console.line(info.configuration.name) }
            return
        }
        guard !streams.isEmpty else { return console.remark("natsbridge: there are no streams") }
        var table = TextTable([
            .init("stream"), .init("subjects"), .init("messages", isNumeric: true),
            .init("size", isNumeric: true), .init("consumers", isNumeric: true),
            .init("last message", isNumeric: true),
        ])
        for info in streams {
            table.append([
                info.configuration.name, subjects(info.configuration),
                JetStreamText.count(info.state.messages), JetStreamText.size(info.state.bytes),
                Figures.grouped(info.state.consumerCount),
                JetStreamText.age(of: info.state.lastTime, at: info.serverTime),
            ])
        }
        for line in table.lines(within: Terminal.width) { console.line(line) }
    }

    private static func subjects(_ configuration: StreamConfiguration) -> String {
        if let mirror = configuration.mirror { return "mirror of \(mirror.name)" }
        return configuration.subjects.map(\.text).joined(separator: ", ")
    }

    static let info = Command(
        specification: CommandSpecification(
            path: ["stream", "info"], summary: "shows what a stream is and holds",
            operands: [stream], options: JetStreamAccess.options,
            examples: ["natsbridge stream info ORDERS --json"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let info = try await JetStreamAccess.run("stream info", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.streamInfo(name)
                }
            }
            show(info, console)
            return .ok
        })

    static func show(_ info: StreamInfo, _ console: Console) {
        if console.json { return console.line(JetStreamJSON.stream(info)) }
        let settings = info.configuration
        let state = info.state
        JetStreamText.block(
            settings.name,
            [
                ("description", settings.description), ("subjects", subjects(settings)),
                ("storage", JetStreamText.storage(settings.storage, settings.replicas)),
                ("retention", settings.retention.rawValue),
                ("at a limit", "\(settings.discard) messages give way"),
                ("most messages", JetStreamText.limit(settings.maxMessages)),
                ("of one subject", JetStreamText.limit(settings.maxMessagesPerSubject)),
                ("most bytes", JetStreamText.sizeLimit(settings.maxBytes)),
                ("greatest age", JetStreamText.spanLimit(settings.maxAge)),
                ("largest message", JetStreamText.sizeLimit(settings.maxMessageSize)),
                ("duplicates", settings.duplicateWindow.map(JetStreamText.span)),
                ("created", info.created?.description),
                ("leader", info.cluster?.name == nil ? nil : info.cluster?.leader),
                ("messages", JetStreamText.count(state.messages)),
                ("size", JetStreamText.size(state.bytes)),
                ("first", edge(state.firstSequence, state.firstTime?.description)),
                ("last", edge(state.lastSequence, state.lastTime?.description)),
                ("different subjects", Figures.grouped(state.subjectCount)),
                ("removed in between", Figures.grouped(state.deletedCount)),
                ("consumers", Figures.grouped(state.consumerCount)),
            ], console)
    }

    private static func edge(_ number: UInt64, _ time: String?) -> String {
        time.map { "\(JetStreamText.count(number)) of \($0)" } ?? JetStreamText.count(number)
    }
}
