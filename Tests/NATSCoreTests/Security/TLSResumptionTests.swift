import BridgeBytes
import BridgeTLS
import NATSCore
import NATSWire
import TestKit
import Testing

/// What a client takes up of its connections before, as a proxy between it and a real server sees
/// it: a server that is taken at its earlier word sends no certificate.
@Suite(.needsNATSServer, .needsOpenSSL) struct TLSResumptionTests {
    /// The bytes that a server sends until a connection stands and one message has come back.
    private static func sent(
        _ proxy: FaultProxy, _ body: () async throws -> Void
    ) async throws -> Int {
        let before = proxy.passed(.toClient)
        try await body()
        return proxy.passed(.toClient) - before
    }

    /// A message there and back; nothing is owed behind it, which a reconnect would have to tell.
    private static func echo(_ client: NATSClient) async throws {
        #expect(try await client.isEchoed(10))
        try await client.flush()
    }

    /// Less than any certificate, and more than anything else that differs between handshakes.
    private static let difference = 400

    @Test(arguments: [NATSClientTLS.onDemand, .handshakeFirst])
    func `later connections of a process are shown no certificate`(mode: NATSClientTLS)
        async throws
    {
        let tls = try await TLSServer.make()
        let more = mode == .handshakeFirst ? "handshake_first: true" : ""
        try await tls.run(more) { server in
            let proxy = try FaultProxy(to: server.port, host: server.host)
            var options = tls.options("tls://localhost:\(proxy.port)")
            options.tls = mode
            let given = options
            let client = try await NATSClient.connect(given)
            let first = try await Self.sent(proxy) {
                let other = try await NATSClient.connect(given)
                #expect(try await other.isEchoed(10))
                await other.close()
            }
            try await Self.echo(client)
            let whole = proxy.passed(.toClient) - first
            #expect(first < whole - Self.difference, "\(first) of \(whole) bytes")
            let again = try await Self.sent(proxy) {
                await client.reconnectOnce()
                try await Self.echo(client)
            }
            #expect(again < whole - Self.difference, "\(again) of \(whole) bytes")
            await client.close()
            // Who wants each handshake whole gets it so.
            options.tlsConfiguration.resumesSessions = false
            let wary = options
            for _ in 0..<2 {
                let all = try await Self.sent(proxy) {
                    let other = try await NATSClient.connect(wary)
                    try await Self.echo(other)
                    await other.close()
                }
                #expect(all > first + Self.difference, "\(all) of \(whole) bytes")
            }
        }
    }

    @Test func `a certificate that was replaced is looked at, whatever a client holds`()
        async throws
    {
        let tls = try await TLSServer.make()
        let foreign = try await TestAuthority.make("other CA").issue("foreign")
        try await tls.run { server in
            let client = try await NATSClient.connect(tls.options(server))
            try await Self.echo(client)
            await client.reconnectOnce()
            try await Self.echo(client)
            try await server.reload(config: tls.config(certificate: foreign))
            client.reconnect()
            for await event in client.events {
                guard case .connectionFailed(let error) = event else { continue }
                #expect(error.code == .certificateRejected)
                break
            }
            // With a new one that is good it goes on, and what it held of the old one is no harm.
            let good = try await tls.authority.issue("next", names: "DNS:localhost,IP:\(tls.host)")
            try await server.reload(config: tls.config(certificate: good))
            try await client.flush(timeout: patience)
            #expect(try await client.isEchoed(10))
            await client.close()
        }
    }

    @Test func `a client's certificate is asked for though its connection is taken up`()
        async throws
    {
        let tls = try await TLSServer.make()
        let own = try await tls.authority.issue(
            "client", usage: "clientAuth", subject: "/CN=client")
        try await tls.run("verify_and_map: true", config: Self.users) { server in
            var options = tls.options(server)
            options.tlsConfiguration.identity = TLSIdentity(
                chainFile: own.chain, keyFile: own.key)
            for _ in 0..<3 {
                let client = try await NATSClient.connect(options)
                #expect(try await client.isEchoed(10))
                await client.close()
            }
            // Nobody else of this process is taken for it.
            options.tlsConfiguration.identity = nil
            let given = options
            let error = await #expect(throws: NATSError.self) {
                try await NATSClient.connect(given)
            }
            #expect(error?.code == .tlsRefused, "\(error as Any)")
        }
    }

    /// Whoever has the certificate may do all.
    private static let users = """
        authorization { users = [ { user: "CN=client" } ] }
        """
}
