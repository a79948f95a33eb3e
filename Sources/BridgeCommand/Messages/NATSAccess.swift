internal import BridgeConsole
internal import NATSCore

/// A connection to NATS as the common options describe it.
enum NATSAccess {
    /// Connects. The environment's and the command line's URLs may hold credentials; no message
    /// of ours repeats them.
    static func connect(
        _ options: CommonOptions, _ console: Console
    ) async throws(CommandFailure) -> NATSClient {
        let client = try await clientOptions(options, console)
        do throws(NATSError) { return try await NATSClient.connect(client) } catch {
            throw CommandFailure(error)
        }
    }

    /// The server and the credentials that the options name.
    static func clientOptions(
        _ options: CommonOptions, _ console: Console
    ) async throws(CommandFailure) -> NATSClientOptions {
        var client = try await identity(options)
        client.name = "natsbridge"
        options.jetStream.apply(to: &client)
        if let timeout = options.timeout { client.connectTimeout = timeout }
        if let path = options.trace {
            guard !path.isEmpty else { throw .usage("--trace names no file") }
            client.trace = try ProtocolTraceFile.trace(path, console)
        }
        return client
    }

    private static func identity(
        _ options: CommonOptions
    ) async throws(CommandFailure) -> NATSClientOptions {
        do throws(NATSError) {
            var client = try await contextOptions(options)
            if let server = options.server { client.servers = [server] }
            let tls = options.tls
            try client.useTLS(
                authority: tls.authority, certificate: tls.certificate, key: tls.key,
                passphrase: tls.passphrase, isFirst: tls.isFirst)
            client.webSocketHeaders = options.webSocketHeaders
            switch options.credentials {
            case .unsaid: break
            case .file(let path): client.credentials = .file(path)
            case .seedFile(let path): client.credentials = .nkey(seedFile: path)
            case .user(let name, let password):
                client.credentials = .user(name, password: password)
            case .token(let token): client.credentials = .token(token)
            }
            return client
        } catch {
            throw CommandFailure(error)
        }
    }

    /// The context that is named, or else the one that the `nats` tools would take: the selected
    /// one, unless a server is named.
    private static func contextOptions(
        _ options: CommonOptions
    ) async throws(NATSError) -> NATSClientOptions {
        if let name = options.context { return try await NATSClientOptions.context(name) }
        let server = NATSClientOptions(servers: [CommonOptions.defaultServer])
        guard options.server == nil else { return server }
        return try await NATSClientOptions.selectedContext() ?? server
    }
}
