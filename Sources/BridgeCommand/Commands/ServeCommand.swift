internal import BridgeBytes
internal import BridgeConsole
internal import BridgeHTTP
internal import BridgeJSON

/// `natsbridge serve`: the file server for large payloads.
enum ServeCommand {
    private static let defaultPort = 8080
    private static let defaultDirectory = "natsbridge-files"

    static let command = Command(
        specification: CommandSpecification(
            path: ["serve"], summary: "runs the file server for large payloads",
            options: [
                .value(
                    "--directory", short: "-d", "DIR",
                    "where the files are kept (default ./\(defaultDirectory))"),
                .value("--port", short: "-p", "N", "the port; 0 takes a free one (default 8080)"),
                .value("--host", "ADDRESS", "the IP address to listen on (default 127.0.0.1)"),
                .value(
                    "--public-url", "URL", "what links begin with, when that is not the address"),
                .value("--max-size", "BYTES", "the largest file that is taken (default 10 GB)"),
                .value(
                    "--ttl", "TIME",
                    "how long a file is kept when its sender names no time (default 1d)"),
            ] + CommonOptions.everywhere,
            notes: [
                """
                The first line printed is the address that the server got. It also answers the
                calls of a Plik server that the other NATSBridge peers make. Ctrl-C stops it.
                """
            ],
            examples: ["natsbridge serve --directory /var/tmp/files --port 8080"]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let directory = arguments["--directory"] ?? defaultDirectory
        try FileBytes.makeDirectory(directory)
        var options = FileServerOptions(directory: directory)
        options.port = try arguments.integer("--port", maximum: 65_535) ?? defaultPort
        if let host = arguments["--host"] { options.host = host }
        options.publicBaseURL = arguments["--public-url"]
        if let size = try arguments.byteCount("--max-size", minimum: 1) {
            options.maximumFileSize = size
        }
        if let ttl = try arguments.duration("--ttl", isPositive: true) {
            options.timeToLive = ttl
            options.maximumTimeToLive = max(ttl, options.maximumTimeToLive)
        }
        let server = try await start(options)
        if console.json {
            console.line(["url": .string(server.baseURL), "port": JSONValue(server.port)])
        } else {
            console.line(server.baseURL)
        }
        await Interruption.wait()
        await server.stop()
        return Interruption.isTermination ? .ok : .interrupted
    }

    private static func start(
        _ options: FileServerOptions
    ) async throws(CommandFailure) -> FileServer {
        do throws(FileServerError) { return try await FileServer.start(options) } catch {
            throw CommandFailure(
                ExitCode.of(error.code), code: error.code, stage: "start \(error.stageName)",
                target: error.place, detail: error.detail)
        }
    }
}
