internal import BridgeBytes
internal import BridgeSockets
public import NATSWire

extension NATSClientOptions {
    /// The options of a context that the `nats` tools keep (ADR-21): its servers, credentials,
    /// inbox prefix and domain of JetStream, everything else as by default.
    ///
    /// Cancelling the task does nothing: reading such a file takes no time to speak of.
    /// - Parameters:
    ///   - name: The context; nil: the one that was selected last (`nats context select`).
    ///   - directory: The folder that holds `context.txt` and `context/NAME.json`; nil:
    ///     `$XDG_CONFIG_HOME/nats`, or `$HOME/.config/nats`.
    /// - Throws: `NATSError` with `invalidArgument` and what is wrong: there is no such context, it
    ///   cannot be read, or it asks for what this client does not have.
    public static func context(
        _ name: String? = nil, directory: String? = nil
    ) async throws(NATSError) -> NATSClientOptions {
        guard let folder = directory ?? defaultContextDirectory else {
            throw refused("neither XDG_CONFIG_HOME nor HOME is set")
        }
        let selected: String
        if let name { selected = name } else { selected = try await selectedName(in: folder) }
        // The name becomes part of a path.
        guard !selected.isEmpty, !selected.contains("/"), selected != "..", selected != "." else {
            let shown = Redaction.sentence(selected)
            throw refused("\"\(shown)\" is not the name of a context")
        }
        let text = try await contextFile("\(folder)/context/\(selected).json")
        let context: ConnectionContext
        do throws(WireError) {
            context = try ConnectionContext(parsing: text)
        } catch {
            throw refused("context \(selected): \(error.message)", error)
        }
        return try NATSClientOptions(context)
    }

    /// The options of the context that was selected last; nil when none was ever selected.
    package static func selectedContext(
        directory: String? = nil
    ) async throws(NATSError) -> NATSClientOptions? {
        guard let folder = directory ?? defaultContextDirectory else { return nil }
        // That there is no such file is usual, and that it cannot be read is not.
        guard let text = try await contextFile("\(folder)/context.txt", orNil: true),
            let name = name(in: text)
        else { return nil }
        return try await context(name, directory: folder)
    }

    private static func selectedName(in folder: String) async throws(NATSError) -> String {
        name(in: try await contextFile("\(folder)/context.txt")) ?? ""
    }

    private static func name(in text: Bytes) -> String? {
        String(repairing: text).split(whereSeparator: \.isWhitespace).first.map { String($0) }
    }

    /// The options that a context describes, everything else as by default.
    /// - Throws: `NATSError` with `invalidArgument` for a certificate without its key, or a key
    ///   without its certificate.
    public init(_ context: ConnectionContext) throws(NATSError) {
        self.init()
        if !context.servers.isEmpty { servers = context.servers }
        credentials = NATSCredentials(context)
        try useTLS(
            authority: context.authorityFile.map(Self.inHome),
            certificate: context.certificateFile.map(Self.inHome),
            key: context.keyFile.map(Self.inHome), isFirst: context.beginsWithTLS)
        inboxPrefix = context.inboxPrefix ?? inboxPrefix
        jetStreamDomain = context.jetStreamDomain.flatMap { $0.isEmpty ? nil : $0 }
        jetStreamAPIPrefix = context.jetStreamAPIPrefix
    }

    /// A path of a context, in which no shell has replaced the tilde.
    static func inHome(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = ProcessEnvironment.value("HOME") else { return path }
        return home + path.dropFirst()
    }

    private static var defaultContextDirectory: String? {
        if let folder = ProcessEnvironment.value("XDG_CONFIG_HOME") { return "\(folder)/nats" }
        return ProcessEnvironment.value("HOME").map { "\($0)/.config/nats" }
    }

    /// Largest context file that is read, in bytes; they hold a few lines.
    private static let contextSizeLimit = 1 << 20

    private static func contextFile(_ path: String) async throws(NATSError) -> Bytes {
        try await contextFile(path, orNil: false) ?? Bytes()
    }

    private static func contextFile(
        _ path: String, orNil: Bool
    ) async throws(NATSError) -> Bytes? {
        let content = await BlockingPool.shared.run { () -> Result<Bytes, SocketError> in
            do throws(SocketError) {
                let file = try OpenFile.reading(path, followsLinks: true)
                return .success(try file.read(at: 0, limit: contextSizeLimit))
            } catch {
                return .failure(error)
            }
        }
        do throws(SocketError) { return try content.get() } catch {
            if orNil, error.code == .fileNotFound { return nil }
            throw refused("no context: \(error)", error)
        }
    }

    private static func refused(
        _ detail: String, _ reason: (any CodedError)? = nil
    ) -> NATSError {
        NATSError(.invalidArgument, stage: .connect, detail: detail, underlying: reason)
    }
}
