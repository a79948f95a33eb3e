import BridgeClaims
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import TestKit

/// Real parts on one stage: nats-server, our file server, a bridge and the Python peer.
struct InteropStage {
    let bridge: Bridge
    let peer: Peer

    /// Sets the stage, runs the body on it, and clears it.
    /// - Parameter threshold: The bridge's: payloads of this size go by link.
    static func run(
        threshold: Int = 1_000_000,
        _ body: (InteropStage) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            let directory = try TemporaryDirectory()
            let files = try await FileServer.start(FileServerOptions(directory: directory.path))
            let store = try FileServerStore(baseURL: HTTPURL(files.baseURL))
            var options = BridgeOptions(
                client: NATSClientOptions(servers: [server.url]), store: store)
            // A link that is not there is given up soon.
            options.retry = RetryPolicy(
                maxRetries: 1, baseDelay: .milliseconds(1), maxDelay: .milliseconds(1))
            options.threshold = threshold
            let bridge = try await Bridge.connect(options)
            try await Peer.run(server: server, store: files.baseURL) { peer in
                try await body(InteropStage(bridge: bridge, peer: peer))
            }
            await bridge.close()
            await files.stop()
        }
    }
}
