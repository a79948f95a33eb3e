internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire
internal import NATSWire

/// Covering a connection with TLS, WebSocket, or both.
extension ClientDriver {
    /// Looks whether there can be TLS where it is wanted. Returns why not.
    func findCover() -> NATSError? {
        do throws(TLSError) { try coverPlan.find() } catch { return NATSError(error) }
        return nil
    }

    /// Makes what the first connection will be covered with while its server finds its words: the
    /// keys take about as long. Nothing is sent.
    func prepareCover(_ id: ClientMachine.ConnectionID) {
        guard let wire = wire(id), !wire.link.isClosed else { return }
        let server = wire.approach.server
        guard core.options.namesTLS || server.scheme.asksForTLS, !server.scheme.isWebSocket,
            let found = coverPlan.take(for: core.options.tlsConfiguration(for: server)),
            // What is wrong with a name is said when the cover is asked for.
            let session = try? session(found, to: server)
        else { return }
        session.begin()
        wire.preparedCover = (session, MonotonicClock.now)
    }

    private func session(
        _ found: TLSContextCache.Found, to server: ServerURL
    ) throws(TLSError) -> TLSSession {
        if let staleness = found.staleness {
            core.tell(.certificatesKept(NATSError(staleness, server)))
        }
        return try TLSSession(
            found.context, to: server.nameInTLS, at: "\(server.host):\(server.port)")
    }

    /// Begins; certificates and keys are looked at by a thread that may block.
    func secure(_ id: ClientMachine.ConnectionID) {
        guard let wire = wire(id) else { return }
        wire.beginCover()
        let server = wire.approach.server
        if server.scheme == .ws { return wire.cover(with: webSocket(to: server)) }
        if let cover = wire.takePreparedCover() { return wire.cover(with: cover) }
        let configuration = core.options.tlsConfiguration(for: server)
        if let found = coverPlan.take(for: configuration) { return cover(id, .success(found)) }
        // Until that is there.
        wire.link.wantsRead = false
        let home = self.home
        BlockingPool.shared.submit {
            let found = Result { () throws(TLSError) in
                try TLSContextCache.shared.context(for: configuration)
            }
            home.perform { driver, _ in driver.cover(id, found) }
        }
    }

    /// What is needed is there, or is not.
    private func cover(
        _ id: ClientMachine.ConnectionID, _ found: Result<TLSContextCache.Found, TLSError>
    ) {
        guard let wire = wire(id), !wire.link.isClosed else { return }
        do throws(TLSError) {
            let server = wire.approach.server
            let session = try session(try found.get(), to: server)
            wire.cover(
                with: server.scheme.isWebSocket
                    ? StackedTransform(webSocket(to: server), over: session) : session)
        } catch {
            ended(wire, .coverFailed(ConnectionMachine.CoverFailure(error)))
        }
    }

    private func webSocket(to server: ServerURL) -> WebSocketTransform {
        var generator = SystemGenerator()
        let key = (0..<2).flatMap { _ in
            let number = generator.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        }
        var masks = MaskKeys()
        return WebSocketTransform(
            WebSocketOpening(
                authority: server.hostField, target: server.target,
                fields: core.options.webSocketFields, key: key)
        ) { masks.next() }
    }
}

/// Keys that nobody can guess, for the frames of one connection: drawn some at a time, as each
/// draw asks the system.
private struct MaskKeys {
    private var generator = SystemGenerator()
    private var drawn: [UInt32] = []
    private static let batch = 64

    mutating func next() -> UInt32 {
        if drawn.isEmpty {
            for _ in 0..<Self.batch / 2 {
                let number = generator.next()
                drawn.append(UInt32(truncatingIfNeeded: number))
                drawn.append(UInt32(truncatingIfNeeded: number >> 32))
            }
        }
        return drawn.removeLast()
    }
}

extension NATSError {
    /// What TLS says, of a server.
    init(_ error: TLSError, _ server: ServerURL? = nil) {
        self.init(
            error.code, stage: .connect, server: server?.name ?? "",
            detail: error.place.isEmpty ? error.detail : "\(error.place): \(error.detail)",
            underlying: error)
    }
}
