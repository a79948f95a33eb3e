internal import BridgeBytes
internal import BridgeSockets

/// A file server without files: what it serves lies in an engine that exists, such as a bucket of
/// S3 or of JetStream, or a shared folder. Several stand side by side over one engine.
package final class Gateway: Sendable {
    private let server: ServiceServer
    private let service: GatewayService
    private let housekeeping: Task<Void, Never>

    /// Binds the port, and begins to serve.
    /// - Parameter options: What concerns a folder of the server's own has no effect.
    /// - Throws: `FileServerError`, as `FileServer.start`, but for the folder.
    package static func start(
        _ options: FileServerOptions, engine: any GatewayEngine
    ) async throws(FileServerError) -> Gateway {
        LibrarySHA256.offer()
        let service = GatewayService(options.bounded, engine)
        let server = try await ServiceServer.start(
            service, options, census: service.census, traffic: service.traffic)
        service.place = server
        return Gateway(server, service)
    }

    private init(_ server: ServiceServer, _ service: GatewayService) {
        self.server = server
        self.service = service
        housekeeping = Task { await service.sweepForever() }
    }

    deinit {
        housekeeping.cancel()
        service.place = nil
    }

    /// What its URLs begin with.
    package var baseURL: String { server.baseURL }
    /// The port that was bound.
    package var port: Int { server.port }
    /// Connections that are open now.
    package var openConnections: Int { server.openConnections }
    /// What has been done so far.
    package var counters: FileServerCounters { service.counts.snapshot(with: service.traffic) }

    /// Reads certificates and keys again, as `FileServer.reloadCertificates`.
    /// - Throws: `FileServerError` in the stage `tls`.
    package func reloadCertificates() async throws(FileServerError) {
        try await server.reloadCertificates()
    }

    /// Ends in order: lets what has begun come to its end.
    /// - Returns: How many connections were cut off.
    package func drain(within grace: Duration) async -> Int {
        housekeeping.cancel()
        let cut = await server.drain(within: grace)
        await end()
        return cut
    }

    /// Closes all connections, and returns when nothing is under way.
    package func stop() async {
        housekeeping.cancel()
        await server.stop()
        await end()
    }

    private func end() async {
        await service.tasks.whenEmpty()
        // The server knows its service, and must not be known by it for ever.
        service.place = nil
    }
}

extension GatewayService {
    /// Has the engine remove what has expired, from time to time.
    func sweepForever() async {
        while !Task.isCancelled {
            await engine.sweep(now: now, tombstoneTime: options.tombstoneTime)
            try? await Task.sleep(for: options.sweepInterval)
        }
    }
}
