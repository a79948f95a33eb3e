import BridgeBytes
import NATSCore
import NATSWire
import TestKit

/// A real server, a proxy before it, and what the tests of bad networks do with them.
struct FaultStage: Sendable {
    let server: NATSServerFixture
    let proxy: FaultProxy

    /// Starts both for as long as the body runs.
    static func run<Result>(
        config: String = "", _ body: (FaultStage) async throws -> Result
    ) async throws -> Result {
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            try await body(
                FaultStage(
                    server: server, proxy: try FaultProxy(to: server.port, host: server.host)))
        }
    }

    /// Options of a client that comes back at once.
    static func options(_ url: String) -> NATSClientOptions {
        var options = NATSClientOptions(servers: [url])
        options.reconnectWait = .milliseconds(1)
        options.reconnectJitter = .zero
        options.ignoresDiscoveredServers = true
        options.maxReconnectAttempts = nil
        return options
    }

    /// A client behind the proxy.
    func connect(
        _ change: (inout NATSClientOptions) -> Void = { _ in }
    ) async throws -> NATSClient {
        var options = Self.options(proxy.url)
        change(&options)
        return try await NATSClient.connect(options)
    }

    /// A client that the proxy does not touch.
    func connectDirectly() async throws -> NATSClient {
        try await NATSClient.connect(Self.options(server.url))
    }

    /// Waits until the server knows of no more than `count` connections, and so has read all
    /// that the ended ones had sent.
    /// - Parameter direct: How many connections were made past the proxy.
    func settled(open count: Int, direct: Int) async throws {
        try await Self.wait("the server's side") { [self] in
            let created = lines("Client connection created")
            let closed = lines("Client connection closed")
            return created >= proxy.connectionCount + direct && created - closed <= count
        }
    }

    /// How many lines of the server's log hold that text.
    func lines(_ text: String) -> Int { server.log.count { $0.contains(text) } }

    static func wait(
        _ what: String, until isTrue: @escaping @Sendable () -> Bool
    ) async throws {
        try await within(what) {
            while !isTrue() {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }
}
