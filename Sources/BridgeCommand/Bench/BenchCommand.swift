internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream

/// `natsbridge bench`: how fast it is here.
enum BenchCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["bench"], summary: "measures messages, streams, the store and tables",
            operands: [
                OperandSpecification(
                    "WORKLOAD", .any, "core, jetstream, store or table (default: all)"
                ).choosing(BenchWorkload.allCases.map(\.rawValue))
            ],
            options: [
                .value("--messages", "N", "messages of a round (default 10,000)"),
                .value("--size", "BYTES", "bytes of a message (default 128)"),
                .value("--bytes", "BYTES", "bytes of a payload by link (default 64MB)"),
                .value("--rows", "N", "rows of the table (default 200,000)"),
                .value("--rounds", "N", "rounds of what is counted, behind one more (default 5)"),
                .value("--save", "FILE", "write the result as JSON"),
                .value("--compare", "FILE", "show what has changed since a saved result"),
                .value("--beside", "FILE", "show what another program found, in the same form"),
                .value("--svg", "FILE", "draw how the times are distributed"),
                .flag("--quiet", short: "-q", "show nothing while it runs"),
            ] + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                """
                A rate is measured in rounds, a time for each message, asked for one after the
                other. Both connections are this process's own, so that both sides share its
                processors. The stream is made for the run and removed; uploads live a minute.
                """,
                """
                With --compare a change is called better or worse only where each median lies
                outside the middle 80 % of the other's samples. Compare runs of one machine.
                """,
                """
                `make bench` runs it on servers of its own, and nats-py and pyarrow beside it
                where they are installed.
                """,
            ],
            examples: [
                "natsbridge bench core --messages 1000 --save before.json",
                "natsbridge bench core --messages 1000 --compare before.json --svg times.svg",
            ]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let names =
            arguments.operands.isEmpty
            ? BenchWorkload.allCases.map(\.rawValue) : arguments.operands
        for name in names where BenchWorkload(rawValue: name) == nil {
            throw .usage(
                "unknown workload \"\(name)\"", hint: "write core, jetstream, store or table")
        }
        let settings = try settings(arguments)
        var older: BenchReport?
        if let path = arguments["--compare"] {
            older = try BenchReport(reading: try await FileBytes.read(path), from: path)
        }
        var peer: BenchReport?
        if let path = arguments["--beside"] {
            peer = try BenchReport(reading: try await FileBytes.read(path), from: path)
        }
        let options = try CommonOptions(arguments)
        let isQuiet = arguments.has("--quiet")
        let report = try await Deadline.run(options.timeout, stage: "bench", target: nil) {
            () throws(CommandFailure) in
            try await measure(
                names.compactMap(BenchWorkload.init), settings, options, console, isQuiet)
        }
        if let path = arguments["--save"] {
            try await FileBytes.write(Bytes(utf8: report.json.description + "\n"), to: path)
        }
        if let path = arguments["--svg"] {
            try await FileBytes.write(Bytes(utf8: report.picture(against: older)), to: path)
        }
        if console.json {
            console.line(report.json)
        } else {
            let lines = report.lines(against: older, beside: peer, width: Terminal.width)
            for line in lines { console.line(line) }
        }
        return .ok
    }

    private static func settings(
        _ arguments: ParsedArguments
    ) throws(CommandFailure) -> BenchStage.Settings {
        var settings = BenchStage.Settings()
        let million = 1_000_000
        settings.messages =
            try arguments.integer("--messages", minimum: 1, maximum: 100 * million)
            ?? settings.messages
        settings.rows =
            try arguments.integer("--rows", minimum: 1, maximum: 100 * million) ?? settings.rows
        settings.rounds =
            try arguments.integer("--rounds", minimum: 1, maximum: 1000) ?? settings.rounds
        settings.size = try arguments.byteCount("--size") ?? settings.size
        settings.bytes = try arguments.byteCount("--bytes", minimum: 1) ?? settings.bytes
        return settings
    }

    private static func measure(
        _ workloads: [BenchWorkload], _ settings: BenchStage.Settings, _ options: CommonOptions,
        _ console: Console, _ isQuiet: Bool
    ) async throws(CommandFailure) -> BenchReport {
        let access = try await BridgeAccess.connect(options, console, timeToLive: .seconds(60))
        let partner: NATSClient
        do throws(CommandFailure) { partner = try await NATSAccess.connect(options, console) } catch
        {
            await access.bridge.close()
            throw error
        }
        var generator = SystemGenerator()
        let stage = BenchStage(
            bridge: access.bridge, partner: partner, settings: settings,
            token: String(UniqueID.hex128(using: &generator).prefix(8)))
        var report = BenchReport(
            version: LibraryVersion.current, time: ThisProgram.now.description,
            machine: BenchHost.description,
            server: partner.serverInfo?.version ?? "?", figures: [])
        let live = LiveLine(isWanted: !isQuiet && !console.json)
        var failure: (any Error)?
        do {
            for workload in workloads {
                try await workload.run(on: stage, live) { report.figures.append($0) }
            }
        } catch { failure = error }
        live.clear()
        await partner.close()
        await access.bridge.close()
        if let failure { throw CommandFailure(bench: failure) }
        return report
    }
}

extension CommandFailure {
    /// Whatever a benchmark threw.
    fileprivate init(bench error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as BridgeError: self.init(error)
        case let error as NATSError: self.init(error)
        case let error as JetStreamError: self.init(error)
        case let error as ArrowError: self.init(error, target: nil)
        default:
            self.init(
                .retryable, code: .unavailable, stage: "bench",
                detail: "what was sent did not come back whole (\(error))")
        }
    }
}
