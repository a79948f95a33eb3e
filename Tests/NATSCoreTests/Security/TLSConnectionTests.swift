import BridgeBytes
import BridgeSockets
import BridgeTLS
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

@Suite(.needsNATSServer, .needsOpenSSL) struct TLSConnectionTests {
    private static func refusal(_ options: NATSClientOptions) async -> NATSError? {
        let error = await #expect(throws: NATSError.self) {
            try await NATSClient.connect(options)
        }
        #expect(
            error?.underlying != nil || error?.code == .tlsRequired || error?.code == .tlsRefused)
        return error
    }

    @Test(arguments: ["tls", "nats"])
    func `messages of all sizes pass over TLS, asked for or demanded`(scheme: String)
        async throws
    {
        let tls = try await TLSServer.make()
        try await tls.run { server in
            let client = try await NATSClient.connect(tls.options(server, scheme: scheme))
            for count in [0, 1, 100, 16_384, 1_000_000] {
                #expect(try await client.isEchoed(count), "\(count) bytes")
            }
            await client.close()
        }
    }

    // How long the server waits for TLS before it speaks: long enough on any machine.
    @Test(arguments: ["true", "\"60s\""])
    func `TLS may come before the server's first words`(first: String) async throws {
        let tls = try await TLSServer.make()
        try await tls.run("handshake_first: \(first)") { server in
            var options = tls.options(server)
            options.tls = .handshakeFirst
            let client = try await NATSClient.connect(options)
            #expect(try await client.isEchoed(100_000))
            await client.close()
        }
    }

    @Test func `TLS on offer is taken when it is wanted, and left when it is not`() async throws {
        let tls = try await TLSServer.make()
        try await tls.run("", config: "allow_non_tls: true") { server in
            for mode in [NATSClientTLS.required, .onDemand] {
                var options = tls.options(server, scheme: "nats")
                options.tls = mode
                let client = try await NATSClient.connect(options)
                #expect(try await client.isEchoed(10))
                await client.close()
            }
            // Lines come in their order, and later than what they tell.
            try await server.logged("Client connection closed", times: 2)
            let shakes = server.log.filter { $0.contains("TLS handshake complete") }
            #expect(shakes.count == 1)
        }
    }

    @Test func `a handshake takes two writes, the second with all that follows it`() async throws {
        let tls = try await TLSServer.make()
        try await tls.run { server in
            let sent = Mutex<[Int]>([])
            var options = tls.options(server)
            options.systemCalls = SystemCalls { call, count in
                if call == .send { sent.withLock { $0.append(count) } }
                return .made
            }
            let client = try await NATSClient.connect(options)
            let writes = sent.withLock { $0 }
            #expect(writes.count == 2, "\(writes)")
            await client.close()
        }
    }

    @Test func `many messages pass both ways`() async throws {
        let tls = try await TLSServer.make()
        try await tls.run { server in
            let client = try await NATSClient.connect(tls.options(server))
            let subscription = try client.subscribe(to: "many")
            try await client.flush()
            let payload = Bytes([UInt8](repeating: 5, count: 512))
            async let received: Int = {
                var count = 0
                for try await _ in subscription {
                    count += 1
                    if count == 20_000 { break }
                }
                return count
            }()
            for _ in 0..<20_000 { try await client.publish(payload, to: "many", timeout: patience) }
            #expect(try await received == 20_000)
            await client.close()
        }
    }

    @Test func `a certificate of nobody, or for somebody else, is refused`() async throws {
        let tls = try await TLSServer.make()
        let other = try await TestAuthority.make("other CA")
        try await tls.run { server in
            var options = tls.options(server)
            options.tlsConfiguration.trust = .file(other.path)
            let foreign = await Self.refusal(options)
            #expect(foreign?.code == .certificateRejected)
            #expect((foreign?.underlying as? TLSError)?.reason == .certificate(number: 20))
            options = tls.options(server)
            options.tlsConfiguration.serverName = "other.test"
            let wrong = await Self.refusal(options)
            #expect((wrong?.underlying as? TLSError)?.reason == .certificate(number: 62))
            #expect(wrong?.detail.contains("other.test") == true)
            options.tlsConfiguration.serverName = "localhost"
            let client = try await NATSClient.connect(options)
            await client.close()
        }
        let expired = try await tls.authority.issue("old", names: "IP:\(tls.host)", .expired)
        try await tls.run(certificate: expired) { server in
            let error = await Self.refusal(tls.options(server))
            #expect((error?.underlying as? TLSError)?.reason == .certificate(number: 10))
        }
    }

    @Test func `a server that asks for a certificate gets it, or says why it refuses`()
        async throws
    {
        let tls = try await TLSServer.make()
        let good = try await tls.authority.issue("client", usage: "clientAuth")
        let old = try await tls.authority.issue("expired", usage: "clientAuth", .expired)
        try await tls.run("verify: true") { server in
            var options = tls.options(server)
            let none = await Self.refusal(options)
            #expect(none?.code == .tlsRefused)
            #expect((none?.underlying as? TLSError)?.reason == .alert(number: 116))
            options.tlsConfiguration.identity = TLSIdentity(
                chainFile: old.chain, keyFile: old.key)
            let late = await Self.refusal(options)
            #expect((late?.underlying as? TLSError)?.reason == .alert(number: 45))
            options.tlsConfiguration.identity = TLSIdentity(
                chainFile: good.chain, keyFile: good.key)
            let client = try await NATSClient.connect(options)
            #expect(try await client.isEchoed(10))
            await client.close()
        }
    }

    @Test func `a certificate may stand in memory, and its key be encrypted`() async throws {
        let tls = try await TLSServer.make()
        let locked = try await tls.authority.issue(
            "client", usage: "clientAuth", passphrase: "S3CRETpass")
        try await tls.run("verify: true") { server in
            var options = tls.options(server)
            func read(_ path: String) throws -> PEMSource {
                .memory(try TestFile.bytes(path))
            }
            options.tlsConfiguration.trust = .authorities([try read(tls.authority.path)])
            options.tlsConfiguration.identity = TLSIdentity(
                chain: try read(locked.chain), key: try read(locked.key),
                passphrase: "S3CRETpass")
            let client = try await NATSClient.connect(options)
            #expect(try await client.isEchoed(10))
            await client.close()
            options.tlsConfiguration.identity?.passphrase = "S3CRETwrong"
            let error = await Self.refusal(options)
            #expect(error?.code == .invalidTLSConfiguration)
            #expect(!"\(String(describing: error)) \(options)".contains("S3CRET"))
        }
    }

    @Test func `a server that closes without a word after TLS has refused`() async throws {
        let tls = try await TLSServer.make()
        let client = try await tls.authority.issue("client", usage: "clientAuth")
        let pin = String(repeating: "ab", count: 32)
        try await tls.run("verify: true, pinned_certs: [\"\(pin)\"]") { server in
            var options = tls.options(server)
            options.tlsConfiguration.identity = TLSIdentity(
                chainFile: client.chain, keyFile: client.key)
            let error = await Self.refusal(options)
            #expect(error?.code == .tlsRefused)
            #expect(error?.detail.contains("credentials were refused") == true)
        }
    }

    @Test func `credentials that are refused inside TLS are told as such`() async throws {
        let tls = try await TLSServer.make()
        let config = "authorization { user: u, password: p }"
        try await tls.run(config: config) { server in
            var options = tls.options(server)
            options.credentials = .user("u", password: "wrong")
            #expect(await Self.refusal(options)?.code == .authorizationFailed)
            options.credentials = .user("u", password: "p")
            let client = try await NATSClient.connect(options)
            await client.close()
        }
    }

    @Test func `TLS to a plain server is an error, whenever it begins`() async throws {
        let tls = try await TLSServer.make()
        try await NATSServerFixture.run(jetStream: false) { server in
            let error = await Self.refusal(tls.options(server))
            #expect(error?.code == .tlsRequired)
            var first = tls.options(server)
            first.tls = .handshakeFirst
            #expect(await Self.refusal(first)?.code == .tlsRequired)
        }
    }

    // The server has waited for 50 ms when our hello is half way.
    @Test(arguments: ["handshake_first: auto", ""])
    func `a server that speaks before our hello arrives is called again and covered behind it`(
        setting: String
    ) async throws {
        let tls = try await TLSServer.make()
        try await tls.run(setting) { server in
            let proxy = try FaultProxy(to: server.port, host: server.host)
            proxy.set(.with { $0.latency = .milliseconds(250) }, .toServer)
            var options = tls.options("tls://localhost:\(proxy.port)")
            options.tls = .handshakeFirst
            let client = try await NATSClient.connect(options)
            #expect(try await client.isEchoed(100))
            await client.close()
            var inClear = 0
            for await event in client.events {
                guard case .connectionFailed(let error) = event else { continue }
                if error.code == .tlsRequired { inClear += 1 }
            }
            #expect(inClear == 1)
            let shakes = server.log.filter { $0.contains("TLS handshake complete") }
            #expect(shakes.count == 1)
        }
    }

    @Test func `TLS that the server gives up is not given up by its clients`() async throws {
        let tls = try await TLSServer.make()
        for scheme in ["tls", "nats"] {
            try await tls.run { server in
                let client = try await NATSClient.connect(tls.options(server, scheme: scheme))
                try await server.reload(config: "")
                client.reconnect()
                for await event in client.events {
                    if case .connectionFailed(let error) = event {
                        #expect(error.code == .tlsRequired)
                        break
                    }
                }
                #expect(!client.isConnected)
                try await server.reload(config: tls.config())
                try await client.flush(timeout: patience)
                #expect(try await client.isEchoed(10))
                await client.close()
            }
        }
    }

    @Test func `certificates are read again when a connection is made again`() async throws {
        let tls = try await TLSServer.make()
        let foreign = try await TestAuthority.make("other CA")
        let client = try await tls.authority.issue("client", usage: "clientAuth")
        try await tls.run("verify: true") { server in
            var options = tls.options(server)
            options.tlsConfiguration.identity = TLSIdentity(
                chainFile: client.chain, keyFile: client.key)
            let connection = try await NATSClient.connect(options)
            // One that the server does not take, and then a good one of the same name.
            let bad = try await foreign.issue("bad", usage: "clientAuth")
            try TestFile.write(TestFile.bytes(bad.chain), to: client.chain)
            try TestFile.write(TestFile.bytes(bad.key), to: client.key)
            connection.reconnect()
            for await event in connection.events {
                if case .connectionFailed(let error) = event {
                    #expect(error.code == .tlsRefused)
                    break
                }
            }
            _ = try await tls.authority.issue("client", usage: "clientAuth")
            try await connection.flush(timeout: patience)
            // Files that are broken change nothing, and it is told.
            try TestFile.write("no certificate", to: client.chain)
            connection.reconnect()
            var isTold = false
            for await event in connection.events {
                if case .certificatesKept(let error) = event {
                    isTold = true
                    #expect(error.code == .invalidTLSConfiguration)
                    break
                }
            }
            #expect(isTold)
            try await connection.flush(timeout: patience)
            await connection.close()
        }
    }

    @Test func `what cannot work is told before anybody is called`() async throws {
        let server = try ScriptedServer { connection, _ in connection.readToEnd() }
        var options = NATSClientOptions(servers: ["tls://127.0.0.1:\(server.port)"])
        options.tlsConfiguration.trust = .file("/nowhere/ca.pem")
        let error = await Self.refusal(options)
        #expect(error?.code == .invalidTLSConfiguration)
        #expect(error?.detail.contains("/nowhere/ca.pem") == true)
        #expect(server.connectionCount == 0)
    }

    @Test func `an address in numbers that was announced must have the configured name`()
        async throws
    {
        let authority = try await TestAuthority.make()
        // It has the name alone, and no address.
        let named = try await authority.issue("named", names: "DNS:localhost")
        let config = "tls { cert_file: \"\(named.chain)\", key_file: \"\(named.key)\" }"
        try await NATSClusterFixture.run(size: 2, config: config) { cluster in
            let proxy = try FaultProxy(to: cluster.nodes[0].port, host: cluster.nodes[0].host)
            var options = NATSClientOptions(servers: ["tls://localhost:\(proxy.port)"])
            options.tlsConfiguration.trust = .file(authority.path)
            options.reconnectWait = .milliseconds(10)
            options.reconnectJitterTLS = .zero
            options.maxReconnectAttempts = nil
            let client = try await NATSClient.connect(options)
            #expect(try await client.isEchoed(10))
            // What is published last would count as perhaps lost.
            try await client.flush()
            // Only what the server has announced is left.
            proxy.goDown()
            var count = 0
            for await event in client.events {
                if case .connected = event { count += 1 }
                if count == 2 { break }
            }
            #expect(try await client.isEchoed(1000))
            #expect(cluster.nodes.contains { $0.port == client.serverInfo?.port })
            await client.close()
            options.servers = ["tls://\(cluster.nodes[0].address)"]
            let given = options
            let error = await #expect(throws: NATSError.self) {
                try await NATSClient.connect(given)
            }
            #expect((error?.underlying as? TLSError)?.reason == .certificate(number: 64))
        }
    }
}
