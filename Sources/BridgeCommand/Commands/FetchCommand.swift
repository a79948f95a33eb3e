internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole
internal import BridgeJSON

/// `natsbridge fetch`: downloads one link with all the policies of a receiver.
enum FetchCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["fetch"], summary: "downloads a link with the checks and retries of a receiver",
            operands: [OperandSpecification("URL", .one, "the link")],
            options: [
                .value("--output", short: "-o", "FILE", "where to write it; - is standard output"),
                .value("--size", "BYTES", "the expected size"),
                .value("--checksum", "DIGEST", "the expected digest: xxh64:<hex> or sha256:<hex>"),
                .value("--max-size", "BYTES", "the largest size that is taken (default 2GiB)"),
            ] + ProgressOption.specifications + CommonOptions.links + CommonOptions.everywhere,
            notes: [
                """
                Only links to the store's origin are followed, unless --allow-origin names more;
                redirections are never followed. FILE appears whole or not at all.
                """
            ],
            examples: ["natsbridge fetch http://127.0.0.1:8080/f/0123/table -o table.arrows"]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let options = try CommonOptions(arguments)
        let access = try StoreAccess(options, console)
        guard let store = access.store else {
            throw .usage("fetch reads no \(access.address)", hint: "object get reads a bucket")
        }
        guard let output = arguments["--output"] else {
            throw .usage("--output is missing", hint: "-o FILE says where to write it")
        }
        var download = try download(arguments, access, connections: options.connections)
        let start = ContinuousClock.now
        let progress = Progress(
            "downloading", total: download.expectedSize, style: try ProgressOption.style(arguments))
        download.progress = { progress.reached($0, of: $1) }
        let file = DownloadFile(output)
        download.place = { await file.place(for: $0) }
        let request = download
        let bytes = try await Deadline.run(options.timeout, stage: "download", target: nil) {
            () throws(CommandFailure) in
            do throws(ClaimError) {
                return try await progress.during { () throws(ClaimError) in
                    try await store.download(request)
                }
            } catch {
                throw CommandFailure(error)
            }
        }
        let time = ContinuousClock.now - start
        if output == "-" {
            console.raw(bytes)
            return .ok
        }
        try await file.finish(bytes)
        if console.json {
            console.line([
                "path": .string(output), "size": JSONValue(bytes.count),
                "checksum": .string(Checksum(of: bytes).description),
                "seconds": JSONValue(Figures.seconds(time)),
            ])
        } else {
            let rate = Figures.rate(bytes.count, in: time)
            console.line("\(output)  \(Figures.bytes(bytes.count))  \(rate)")
        }
        return .ok
    }

    private static func download(
        _ arguments: ParsedArguments, _ access: StoreAccess, connections: Int?
    ) throws(CommandFailure) -> ClaimDownload {
        var request = ClaimDownload(
            url: arguments.operands[0], retry: access.retry, policy: access.policy)
        request.expectedSize = try arguments.byteCount("--size")
        if let text = arguments["--checksum"] {
            do throws(CodecError) { _ = try Checksum(parsing: text) } catch {
                throw .usage(
                    "--checksum \"\(text)\" is not a digest", hint: "write xxh64:<16 hex digits>")
            }
            request.expectedChecksum = text
        }
        if let limit = try arguments.byteCount("--max-size", minimum: 1) { request.limit = limit }
        if let most = connections { request.maxConnections = most }
        return request
    }
}
