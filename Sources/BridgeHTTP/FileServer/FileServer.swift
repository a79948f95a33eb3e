public import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire
internal import Synchronization

/// A file server for payloads that are too large for a message: files are put, fetched for as
/// long as they live, and go by themselves.
///
/// Bodies stream between socket and disk in either direction and are never held in memory. An
/// upload appears at once and whole, or not at all.
public final class FileServer: Sendable {
    /// What its URLs begin with, such as `http://127.0.0.1:34567`, unless they are asked for by
    /// another name that it is known by; no slash at the end.
    public let baseURL: String
    /// The port that was bound.
    public let port: Int

    private let reactor: Reactor
    private let listener: Listener
    private let context: ServerContext
    let service: FileService
    private let housekeeping: [Task<Void, Never>]

    /// Opens the store, binds the port, and begins to serve.
    ///
    /// Cancelling the task changes nothing: opening a folder waits for nobody.
    /// - Throws: `FileServerError` with `invalidArgument`, `invalidTLSConfiguration` or
    ///   `tlsUnavailable` when there is no TLS, `folderUnusable` when the folder cannot be used, or
    ///   `addressUnusable` when the port cannot be bound.
    public static func start(
        _ options: FileServerOptions
    ) async throws(FileServerError) -> FileServer {
        if let problem = options.problem { throw FileServerError(.options, problem) }
        LibrarySHA256.offer()
        let options = options.bounded
        let tls: TLSContext?
        do throws(TLSError) { tls = try await certificates(of: options) } catch {
            throw FileServerError(error)
        }
        let opened = await BlockingPool.shared.run {
            Result { () throws(SocketError) in try FileService(options: options) }
        }
        let service: FileService
        do throws(SocketError) { service = try opened.get() } catch {
            throw FileServerError(.folder, options.directory, error)
        }
        _ = await service.sweep()
        do throws(SocketError) { return try FileServer(service, tls) } catch {
            let place = options.inheritedSocket.map { "descriptor \($0)" }
            throw FileServerError(.address, place ?? "\(options.host):\(options.port)", error)
        }
    }

    /// Has other keys sign and judge links from now on, the first being that which signs. Links
    /// that were signed with one that is not among them are refused from now on.
    /// - Parameter keys: As `FileServerOptions.linkKeys`.
    /// - Throws: `FileServerError` with `invalidArgument` for keys that are not fit; those of
    ///   before stay then.
    public func useLinkKeys(_ keys: [String]) throws(FileServerError) {
        if let problem = LinkSeals.problem(with: keys) { throw FileServerError(.options, problem) }
        service.seals.use(keys)
    }

    static func certificates(
        of options: FileServerOptions
    ) async throws(TLSError) -> TLSContext? {
        guard var configuration = options.tls else { return nil }
        if configuration.applicationProtocols.isEmpty {
            configuration.applicationProtocols = ["http/1.1"]
        }
        let given = configuration
        return try await BlockingPool.shared.run {
            Result { () throws(TLSError) in try TLSContext(given) }
        }.get()
    }

    /// Reads the certificates and keys of `FileServerOptions.tls` again, for connections that come
    /// from now on; those that stand keep theirs. Does nothing without TLS.
    ///
    /// Cancelling the task changes nothing: reading them takes no time to speak of.
    /// - Throws: `FileServerError` with `invalidTLSConfiguration` in the stage `tls`; what was in
    ///   use before stays in use then.
    public func reloadCertificates() async throws(FileServerError) {
        do throws(TLSError) {
            if let fresh = try await Self.certificates(of: service.options) { context.use(fresh) }
        } catch {
            throw FileServerError(error)
        }
    }

    private init(_ service: FileService, _ tls: TLSContext?) throws(SocketError) {
        let options = service.options
        let context = ServerContext(
            service: service, wireLimits: .default, pace: options.pace,
            connections: service.connectionLimits, census: service.census,
            traffic: service.traffic, tls: tls,
            log: options.log.map(AccessLog.recorder),
            logsSuccesses: (options.log?.level ?? .warning) <= .info)
        reactor = try Reactor(name: "file-server", calls: options.systemCalls)
        listener = try Self.listen(on: reactor, options) { _ in ServerConnection(context: context) }
        port = listener.address.port
        let names = LinkNames(
            published: options.publicBaseURL, address: listener.address,
            allowed: options.allowedHosts.compactMap { LinkNames.Host($0) },
            scheme: tls == nil ? .http : .https)
        baseURL = names.base
        service.names = names
        self.context = context
        self.service = service
        service.table = context.table
        housekeeping = [
            Task { await service.sweepForever() }, Task { await service.scrubForever() },
        ]
    }

    static func listen(
        on reactor: Reactor, _ options: FileServerOptions,
        makeHandler: @escaping @Sendable (Link) -> any LinkHandler
    ) throws(SocketError) -> Listener {
        if let number = options.inheritedSocket {
            return try .start(on: reactor, inherited: number, makeHandler: makeHandler)
        }
        return try .start(
            on: reactor, host: options.host, port: options.port, makeHandler: makeHandler)
    }

    deinit {
        for task in housekeeping { task.cancel() }
        reactor.stop()
    }

    /// What has been done so far.
    public var counters: FileServerCounters { service.counts.snapshot(with: service.traffic) }

    /// Files that are stored now, and the bytes that they take.
    public var stored: (files: Int, bytes: Int) {
        let stored = service.store.stored
        return (stored.objects, stored.bytes)
    }

    /// Bytes of answered uploads that the disk does not have yet, where there is
    /// `FileServerOptions.memory` without `isDurable`. After `drain` or `stop` they are what could
    /// not be written, and is lost.
    public var unwrittenBytes: Int { service.store.memory?.held.owed ?? 0 }

    /// Connections that are open now.
    public var openConnections: Int { context.census.count }

    /// Removes what has expired now, rather than at the next turn of the sweep.
    ///
    /// Cancelling the task changes nothing: what has begun is done.
    /// - Returns: How many files were removed.
    @discardableResult
    public func sweep() async -> Int { await service.sweep().buried }

    /// Reads all files through now and compares them with the digests that were taken when they
    /// came, rather than at the next turn. What is damaged is set aside.
    ///
    /// Cancelling the task ends it after the present file.
    /// - Returns: How many files were found damaged.
    @discardableResult
    public func scrub() async -> Int { await service.scrub().damaged }

    /// Ends in order: accepts no more, lets every request that has begun be answered, then stops.
    ///
    /// Connections without a request are closed at once, and the others with their answers. A
    /// cancelled task waits to the end all the same.
    /// - Parameter grace: Longest time for that; what is not over then is cut off.
    /// - Returns: How many connections were cut off.
    @discardableResult
    public func drain(within grace: Duration = .seconds(30)) async -> Int {
        for task in housekeeping { task.cancel() }
        listener.stop()
        context.table.end()
        let end = ContinuousClock.now + max(.zero, grace).clampedForClocks
        let deadline = EndOfGrace()
        let id = Deadlines.shared.add(at: end) { [reactor, context] in
            deadline.came(leaving: context.census.count)
            reactor.stop()
        }
        await context.census.whenEmpty()
        Deadlines.shared.remove(id)
        await stop()
        return deadline.count
    }

    /// Stops accepting, closes all connections, and returns when no upload is left half done and
    /// the folder is free for another server.
    ///
    /// A cancelled task waits to the end all the same.
    public func stop() async {
        for task in housekeeping { task.cancel() }
        listener.stop()
        reactor.stop()
        await context.census.whenEmpty()
        await service.blocking.whenIdle()
        await BlockingPool.shared.run { [service] in
            service.payAll()
            service.store.close()
        }
    }
}

/// How many connections there were at the end of a drain's time.
final class EndOfGrace: Sendable {
    private let left = Atomic(0)

    var count: Int { left.load(ordering: .acquiring) }

    func came(leaving count: Int) { left.store(count, ordering: .releasing) }
}

/// Why a file server could not start.
public struct FileServerError: CodedError, Hashable {
    /// What could not be used.
    public enum Stage: String, Sendable, Hashable {
        /// What the options say.
        case options
        /// The folder for the files.
        case folder
        /// The address and port to listen on.
        case address
        /// Its certificate and key.
        case tls
    }

    /// What went wrong: `invalid_argument`, `folder_unusable`, `address_unusable`,
    /// `invalid_tls_configuration` or `tls_unavailable`.
    public let code: ErrorCode
    /// What could not be used.
    public let stage: Stage
    /// The folder, or the address; empty where the options contradict each other.
    public let place: String
    /// A sentence for people.
    public let detail: String
    private let system: SocketError?
    private var tls: TLSError?

    init(_ error: TLSError) {
        (code, stage, place, detail, system) = (error.code, .tls, error.place, error.detail, nil)
        tls = error
    }

    init(_ stage: Stage, _ detail: String) {
        (code, self.stage, place, self.detail, system) = (.invalidArgument, stage, "", detail, nil)
    }

    init(_ stage: Stage, _ place: String, _ error: SocketError) {
        code = stage == .address ? .addressUnusable : .folderUnusable
        (self.stage, self.place, system) = (stage, place, error)
        detail = "\(error.operation): \(error.detail)"
    }

    /// What could not be used.
    public var stageName: String { stage.rawValue }
    /// The system call that failed, where one did, or what is the matter with TLS.
    public var underlying: (any CodedError)? { tls ?? system }
}

extension ErrorCode {
    /// The address or port to listen on cannot be had: it is taken, or is none of this machine's.
    public static let addressUnusable = ErrorCode(rawValue: "address_unusable")
    /// The folder of the store cannot be used: it is missing, forbidden, or another server's.
    public static let folderUnusable = ErrorCode(rawValue: "folder_unusable")
    /// What is stored is not as it was when it was stored.
    public static let damaged = ErrorCode(rawValue: "damaged")
}
