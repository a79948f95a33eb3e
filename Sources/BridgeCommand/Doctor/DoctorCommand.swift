internal import BridgeConsole
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore

/// `natsbridge doctor`: whether everything that a bridge needs is there, and will stay.
enum DoctorCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["doctor"], summary: "examines server, streams, store, clocks and certificates",
            options: [
                .value("--stream", "NAME", "examine this stream, too"),
                .value("--consumer", "NAME", "examine this consumer of it, too"),
                .value("--ttl", "TIME", "how long uploads live (default 1d)"),
                .flag("--no-store", "leave the file server out"),
                .value("--format", "FORM", "text (default), json, nagios or prometheus")
                    .choosing(DoctorReport.Format.allCases.map(\.rawValue)),
            ] + CommonOptions.bridge + CommonOptions.everywhere,
            notes: [
                """
                A probe of 64 KB is uploaded, fetched by the link that receivers get (see
                --public-url), compared and deleted. Nothing else is changed.
                """,
                """
                The exit code is that of the worst finding: 0, 1 for a warning, and for what does
                not work the code that the same failure has elsewhere. With --format nagios it is 0,
                1 for a warning and 2 for what does not work.
                """,
            ],
            examples: [
                "natsbridge doctor", "natsbridge doctor --stream ORDERS --format prometheus",
            ]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let word = try arguments.word("--format")
        let format =
            word.flatMap { DoctorReport.Format(rawValue: $0) } ?? (console.json ? .json : .text)
        let life = try arguments.duration("--ttl", isPositive: true) ?? .seconds(86_400)
        guard arguments["--consumer"] == nil || arguments["--stream"] != nil else {
            throw .usage("--consumer is one of a --stream")
        }
        let subject = StreamExamination(
            stream: arguments["--stream"], consumer: arguments["--consumer"], timeToLive: life)
        let store: StoreExamination? =
            arguments.has("--no-store")
            ? nil
            : StoreExamination(
                access: try StoreAccess(options, console), options, timeToLive: life)
        let limit = options.timeout ?? CommonOptions.defaultTimeout
        let report = try await Deadline.run(nil, stage: "doctor") {
            () throws(CommandFailure) in
            var report = DoctorReport()
            report.add(try await examine(options, subject, store, limit, console))
            if let store {
                report.add(
                    try await bounded(options.timeout) { await store.findings() })
            }
            report.add(CertificateExamination.findings(options))
            return report
        }
        for line in report.lines(format) { console.line(line) }
        return report.exit(format)
    }

    /// What the store says in the time that was asked for; without one, in that of its retries.
    private static func bounded(
        _ limit: Duration?, _ body: @escaping @Sendable () async -> [DoctorFinding]
    ) async throws(CommandFailure) -> [DoctorFinding] {
        do throws(CommandFailure) {
            return try await Deadline.run(limit, stage: "doctor", target: "the store") {
                () throws(CommandFailure) in
                let findings = await body()
                // What was ended in the middle has found that out and nothing else.
                guard !Task.isCancelled else {
                    throw CommandFailure(
                        .interrupted, code: .cancelled, stage: "doctor", detail: "")
                }
                return findings
            }
        } catch {
            guard error.exit != .interrupted else { throw error }
            return [DoctorFinding("upload", error)]
        }
    }

    /// What the server says, as far as it answers.
    private static func examine(
        _ options: CommonOptions, _ subject: StreamExamination, _ store: StoreExamination?,
        _ limit: Duration, _ console: Console
    ) async throws(CommandFailure) -> [DoctorFinding] {
        let client: NATSClient
        do throws(CommandFailure) {
            client = try await NATSAccess.connect(options, console)
        } catch {
            if error.exit == .usage || error.exit == .interrupted { throw error }
            return [DoctorFinding("connection", error)]
        }
        var settings = JetStreamOptions()
        settings.timeout = limit
        let jetStream = JetStream(client: client, options: settings)
        var findings = await ServerExamination(client: client, options: options).findings()
        findings += await subject.findings(jetStream)
        if let store, let bucket = store.objectBucket {
            findings += try await bounded(options.timeout) {
                do throws(JetStreamError) {
                    let objects = ObjectClaimStore(try await jetStream.objectStore(bucket))
                    return await store.findings(of: objects)
                } catch {
                    return [DoctorFinding("upload", CommandFailure(error))]
                }
            }
        }
        await client.close()
        return findings
    }
}
