internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import NATSWire

/// Covering a connection with TLS.
extension ClientDriver {
    /// Begins; certificates and keys are looked at by a thread that may block.
    func secure(_ id: ClientMachine.ConnectionID) {
        guard let wire = wire(id) else { return }
        wire.awaitCover()
        let configuration = core.options.tlsConfiguration
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
            let found = try found.get()
            if let staleness = found.staleness {
                core.tell(.certificatesKept(NATSError(staleness, wire.approach.server)))
            }
            let name = wire.approach.server.nameInTLS
            wire.cover(with: try TLSSession(found.context, to: name))
        } catch {
            ended(wire, .coverFailed(ConnectionMachine.CoverFailure(error)))
        }
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
