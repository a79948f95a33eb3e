internal import BridgeBytes
internal import BridgeConsole
internal import BridgeHTTP
internal import BridgeJSON

/// `natsbridge serve`: the file server for large payloads.
enum ServeCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["serve"], summary: "runs the file server for large payloads",
            options: ServeArguments.options,
            notes: [
                """
                The first line printed is the address that the server got. It also answers the
                calls of a Plik server that the other NATSBridge peers make.
                """,
                """
                With --tls-cert and --tls-key it speaks HTTPS alone. SIGHUP has it read the files
                again, for the connections that come then; where they cannot be used, those of
                before stay in use, and it says so. The keys of --link-keys are read again likewise.
                Without either it ends the server, unless a service manager has started it.
                """,
                """
                With --sign-links a link holds until its time is over and no longer, and cannot be
                made by whoever knows the identifier alone. To exchange a key, put the new one first
                in the file, and take the old one out when the links of before have ended.
                """,
                """
                SIGTERM and Ctrl-C let what has begun go on to its end, for --grace at most; a
                second one ends at once. One server at a time uses a directory. A service manager
                that sets NOTIFY_SOCKET, as systemd does, is told when it takes uploads and when it
                ends; one that has opened the socket (LISTEN_FDS) hands it over.
                """,
                """
                With --backend the files lie in a store that exists: s3://bucket/prefix,
                nats-object://bucket or file:///folder, written as --store is. Any number of such
                gateways may stand before one store, on any machines: each serves what any of them
                has taken, and what senders with that --store have put there. What has expired is
                removed by the bucket's own rule; in a folder, by the gateway.
                """,
            ],
            examples: [
                "natsbridge serve --directory /var/tmp/files --port 8080",
                "natsbridge serve --quota all=50GB --quota address=1GB,1000 --access-log -",
                "natsbridge serve --backend nats-object://payloads --port 8080",
            ]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        var options = try ServeArguments.options(arguments)
        let grace = try arguments.duration("--grace") ?? ServeArguments.defaultGrace
        let backend = try ServeArguments.backend(arguments)
        let keyFile = arguments["--link-keys"]
        if backend != nil, keyFile != nil || arguments.has("--sign-links") {
            throw .usage("--sign-links and --link-keys do not go with --backend")
        }
        if let keyFile { options.linkKeys = try await LinkKeyFile.read(keyFile) }
        if backend == nil { try FileBytes.makeDirectory(options.directory) }
        let log = try arguments["--access-log"].map { path throws(CommandFailure) in
            try LogFile.open(path, json: console.json)
        }
        // Without an access log, what is wrong is told all the same.
        options.log =
            if let log { log.sink(from: .info) } else {
                LogSink(from: .warning) { event in
                    if event.stage == "store" { console.remark("natsbridge: \(event)") }
                }
            }
        ThisProgram.raiseDescriptorLimit()
        let hasCertificates = options.tls != nil
        // A manager's "reload" must not end the service for want of something to reload.
        let isReloaded = hasCertificates || keyFile != nil || ServiceNotice.hasListener
        // Whoever reaches the port may send the signal.
        let hangups = isReloaded ? await Interruption.hearHangups() : nil
        let server: any ServedFiles =
            if let backend {
                try await ServedBackend.start(backend, options, arguments, console)
            } else {
                try await start(options)
            }
        if let hangups {
            await hangups.answer {
                if hasCertificates {
                    await reloadCertificates(of: server, console)
                } else if keyFile == nil {
                    console.remark("natsbridge: there are no certificates to read again")
                }
                if let keyFile, let files = server as? FileServer {
                    await reloadKeys(keyFile, of: files, console)
                }
            } during: {
                tellAddress(of: server, console)
                await Interruption.wait()
            }
        } else {
            tellAddress(of: server, console)
            await Interruption.wait()
        }
        let failure = await end(server, within: grace, console)
        await log?.flush()
        if let failure { throw failure }
        return Interruption.isTermination ? .ok : .interrupted
    }

    /// Lets what has begun go on to its end. Returns what is lost.
    private static func end(
        _ server: any ServedFiles, within grace: Duration, _ console: Console
    ) async -> CommandFailure? {
        ServiceNotice.stopping("what has begun goes on")
        let open = server.openConnections
        if open > 0 { console.trace("\(open) connections are open; what has begun goes on") }
        let cut = await server.drain(within: grace)
        if cut > 0 { console.remark("\(cut) connections were cut off at the end of \(grace)") }
        guard let lost = (server as? FileServer)?.unwrittenBytes, lost > 0 else { return nil }
        return CommandFailure(
            .other, code: .systemError, stage: "stop", target: server.baseURL,
            detail: "\(Figures.bytes(lost)) that had been answered could not be written to the"
                + " disk, and are lost")
    }

    private static func tellAddress(of server: any ServedFiles, _ console: Console) {
        if console.json {
            console.line(["url": .string(server.baseURL), "port": JSONValue(server.port)])
        } else {
            console.line(server.baseURL)
        }
        ServiceNotice.ready("files at \(server.baseURL)")
    }

    private static func reloadCertificates(of server: any ServedFiles, _ console: Console) async {
        do throws(FileServerError) {
            try await server.reloadCertificates()
            console.remark("natsbridge: new connections get the certificate as it is now")
        } catch {
            console.remark("natsbridge: the certificate of before stays in use: \(error)")
        }
    }

    private static func reloadKeys(
        _ file: String, of server: FileServer, _ console: Console
    ) async {
        do throws(CommandFailure) {
            let keys = try await LinkKeyFile.read(file)
            do throws(FileServerError) { try server.useLinkKeys(keys) } catch {
                return console.remark("natsbridge: the link keys of before stay in use: \(error)")
            }
            console.remark("natsbridge: links are signed with the keys as they are now")
        } catch {
            console.remark("natsbridge: the link keys of before stay in use: \(error.detail)")
        }
    }

    private static func start(
        _ options: FileServerOptions
    ) async throws(CommandFailure) -> FileServer {
        do throws(FileServerError) { return try await FileServer.start(options) } catch {
            throw failure(error)
        }
    }

    /// Why a server could not start.
    static func failure(_ error: FileServerError) -> CommandFailure {
        CommandFailure(
            ExitCode.of(error.code), code: error.code, stage: "start \(error.stageName)",
            target: error.place, detail: error.detail, hint: CommandFailure.hint(error.code))
    }
}
