internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream

/// `natsbridge trace`: one flow over all processes, from their logs.
enum TraceCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["trace"], summary: "shows one flow over all processes as a timeline",
            operands: [
                OperandSpecification("ID", .one, "the correlation id, or its beginning"),
                OperandSpecification("FILE", .oneOrMore, "a log of each process; - standard input"),
            ],
            options: [
                .value("--html", "FILE", "write the timeline as a page of its own")
            ] + CommonOptions.everywhere,
            notes: [
                """
                Logs are what `--verbose` writes to the standard error, what a program writes that
                uses the library, what the peers in other languages write, and what `serve
                --access-log` writes, with and without --json. Lines of an access log belong to the
                flow whose links they serve. Other lines are passed over. Times are those of each
                process's own clock: `natsbridge doctor` compares these.
                """
            ],
            examples: ["natsbridge trace 4f2c sender.log receiver.log files.log --html flow.html"]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let id = arguments.operands[0]
        var logs: [(process: String, events: [FlowEvent])] = []
        for path in arguments.operands.dropFirst() {
            let text = String(repairing: try await FileBytes.read(path))
            let lines = text.split(whereSeparator: \.isNewline)
            logs.append((name(of: path), lines.compactMap { FlowEvent(parsing: String($0)) }))
        }
        guard let flow = FlowTimeline(of: id, in: logs) else {
            let ids = Set(logs.flatMap { $0.events.map(\.correlationID) }).subtracting([""])
            let near = ids.filter { $0.hasPrefix(id) }.count
            throw CommandFailure(
                near > 1 ? .usage : .notFound, code: near > 1 ? .usage : .messageNotFound,
                stage: "trace", target: id,
                detail: near > 1
                    ? "\(near) flows begin so" : "no line of these files belongs to that flow",
                hint: near > 1 ? "give more of the id" : "the files hold \(ids.count) flows")
        }
        if let page = arguments["--html"] {
            try await FileBytes.write(Bytes(utf8: FlowPage.html(flow)), to: page)
        }
        if console.json {
            for entry in flow.entries { console.line(FlowText.json(entry)) }
        } else {
            for line in FlowText.lines(flow, width: Terminal.width) { console.line(line) }
        }
        return .ok
    }

    /// Who wrote a file: its name without folder and ending.
    private static func name(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = file.lastIndex(of: "."), dot > file.startIndex else { return file }
        return String(file[..<dot])
    }
}
