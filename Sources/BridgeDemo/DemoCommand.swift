package import BridgeConsole

/// `natsbridge demo`: the mission's scenarios on real parts, checked.
package enum DemoCommand {
    /// Rows of the large table, unless said otherwise: about 520 MB.
    static let defaultRows = 10_000_000

    /// Most rows: a table of 52 GB, more than a receiver takes.
    static let mostRows = 1_000_000_000

    package static let command = Command(
        specification: CommandSpecification(
            path: ["demo"],
            summary: "runs the scenarios on real servers and checks what they claim",
            operands: [
                OperandSpecification("SCENARIO", .any, "1, 2, 3, 4 or chat (default: all)")
            ],
            options: [
                .value(
                    "--server", "URL", "a running nats-server with JetStream (else starts one)"),
                .value("--store", "URL", "a running file server (else one is started)"),
                .value("--rows", "N", "rows of scenario 2's table (default 10,000,000: 520 MB)"),
                .value("--pictures", "DIR", "draw the spectra of scenario 3 there, as SVG"),
            ] + CommonOptions.everywhere,
            notes: [
                """
                Scenarios
                  1     command and control: 1,000 small commands, each answered at once
                  2     deep dive: a table of 10 million rows between two processes
                  3     live audio: recordings with their metadata in NATS headers
                  4     catch-up: replay of a window of a JetStream stream
                  chat  seven payload types in one message, and the answer to it
                """
            ],
            examples: [
                "natsbridge demo", "natsbridge demo 2 --rows 1000000",
                "natsbridge demo 3 --pictures spectra",
            ]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let names = arguments.operands.isEmpty ? Scenario.all.map(\.name) : arguments.operands
        for name in names where !Scenario.all.contains(where: { $0.name == name }) {
            throw .usage("unknown scenario \"\(name)\"", hint: "write 1, 2, 3, 4 or chat")
        }
        let rows = try arguments.integer("--rows", minimum: 1, maximum: mostRows) ?? defaultRows
        if let folder = arguments["--pictures"] { try FileBytes.makeDirectory(folder) }
        let demo = Demo(
            scenarios: Scenario.all.filter { names.contains($0.name) }, rows: rows,
            server: arguments["--server"], store: arguments["--store"],
            pictures: arguments["--pictures"], console: console)
        return try await demo.run()
    }
}
