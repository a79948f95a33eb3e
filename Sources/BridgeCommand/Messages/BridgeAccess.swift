internal import BridgeBytes
internal import BridgeConsole
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// A bridge as the common options describe it.
struct BridgeAccess: Sendable {
    let bridge: Bridge
    let options: CommonOptions

    /// Connects. The environment's and the command line's URLs may hold credentials; no message
    /// of ours repeats them.
    static func connect(
        _ options: CommonOptions, _ console: Console, timeToLive: Duration? = nil,
        digest: ChecksumAlgorithm? = nil
    ) async throws(CommandFailure) -> BridgeAccess {
        let access = try StoreAccess(options)
        var client = try await clientOptions(options)
        client.name = "natsbridge"
        if let timeout = options.timeout { client.connectTimeout = timeout }
        if let path = options.trace {
            guard !path.isEmpty else { throw .usage("--trace names no file") }
            client.trace = try ProtocolTraceFile.trace(path, console)
        }
        var settings = BridgeOptions(client: client, store: access.store)
        settings.linkPolicy = access.policy
        settings.retry = access.retry
        settings.senderName = "natsbridge"
        if let threshold = options.threshold { settings.threshold = threshold }
        if let limits = options.arrowLimits { settings.arrowLimits = limits }
        if let timeToLive { settings.timeToLive = timeToLive }
        if let digest { settings.checksumAlgorithm = digest }
        if let memory = options.memory {
            settings.memoryBudget = memory
            // Whoever grants more wants larger messages, too.
            settings.messageLimit = max(settings.messageLimit, memory / 4 * 3)
        }
        if console.verbose { settings.log = LogSink { event in console.trace(event.description) } }
        do throws(BridgeError) {
            return BridgeAccess(bridge: try await Bridge.connect(settings), options: options)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Tells what the bridge has found out about its store.
    func tellFindings(_ console: Console) {
        for failure in bridge.storeFindings.map({ CommandFailure($0) }) {
            console.remark("\(failure.line) (this is a warning)")
        }
    }

    /// The server and the credentials that the options name.
    private static func clientOptions(
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

    /// A subject of the command line.
    static func subject(_ text: String) throws(CommandFailure) -> Subject {
        do throws(SubjectError) { return try Subject(text) } catch {
            throw .usage("subject \"\(text)\": \(error)")
        }
    }

    /// A subject of the command line that may hold wildcards.
    static func pattern(_ text: String) throws(CommandFailure) -> SubjectPattern {
        do throws(SubjectError) { return try SubjectPattern(text) } catch {
            throw .usage("subject \"\(text)\": \(error)")
        }
    }
}
