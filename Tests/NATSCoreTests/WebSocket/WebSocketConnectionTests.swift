import BridgeBytes
import BridgeTLS
import NATSCore
import NATSWire
import TestKit
import Testing

/// A client and real servers over WebSocket.
@Suite(.needsNATSServer) struct WebSocketConnectionTests {
    /// Runs a server that takes WebSockets, without TLS unless more text says so.
    private static func run(
        _ more: String = "no_tls: true", config: String = "", host: String? = nil,
        _ body: (NATSServerFixture, _ address: String) async throws -> Void
    ) async throws {
        let host = host ?? LoopbackAddress.unused()
        let block = """
            websocket {
              listen: "\(host):-1"
              \(more)
            }
            \(config)
            """
        try await NATSServerFixture.run(jetStream: false, config: block, host: host) { server in
            let line = try #require(
                server.log.first { $0.contains("Listening for websocket clients on ws") })
            let address = try #require(line.split(separator: "/").last)
            try await body(server, String(address))
        }
    }

    private static func options(_ url: String) -> NATSClientOptions {
        var options = NATSClientOptions(servers: [url])
        options.reconnectWait = .milliseconds(10)
        options.reconnectJitter = .zero
        options.reconnectJitterTLS = .zero
        return options
    }

    private static func refusal(_ options: NATSClientOptions) async -> NATSError? {
        await #expect(throws: NATSError.self) { try await NATSClient.connect(options) }
    }

    @Test(arguments: ["", "/", "/any/path?x=1&y=%20"])
    func `messages of all sizes pass over a WebSocket, whatever its path`(path: String)
        async throws
    {
        try await Self.run { _, address in
            let client = try await NATSClient.connect(Self.options("ws://\(address)\(path)"))
            for count in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
                #expect(try await client.isEchoed(count), "\(count) bytes")
            }
            await client.close()
        }
    }

    @Test(.needsOpenSSL) func `messages of all sizes pass over a WebSocket with TLS`()
        async throws
    {
        let tls = try await TLSServer.make()
        try await Self.run(tls.config(), host: tls.host) { server, address in
            let client = try await NATSClient.connect(tls.options("wss://\(address)"))
            for count in [0, 1, 16_384, 1_000_000] {
                #expect(try await client.isEchoed(count), "\(count) bytes")
            }
            // What is published last would count as perhaps lost.
            try await client.flush()
            await client.reconnectOnce()
            #expect(try await client.isEchoed(100))
            await client.close()
            // The certificate is for the server's address, and for nobody else.
            var options = tls.options("wss://\(address)")
            options.tlsConfiguration.serverName = "other.test"
            #expect(await Self.refusal(options)?.code == .certificateRejected)
        }
    }

    @Test func `frames that are cut within lines and payloads are one stream`() async throws {
        try await Self.run { _, address in
            var options = Self.options("ws://\(address)")
            // For browsers the server cuts frames at 4096 bytes, wherever that is.
            options.webSocketHeaders = ["User-Agent": "Mozilla/5.0"]
            let client = try await NATSClient.connect(options)
            let subscription = try client.subscribe(to: "many")
            try await client.flush()
            let payloads = (0..<2000).map { number in
                [UInt8]((0..<(number * 37 % 900)).map { UInt8(truncatingIfNeeded: $0 + number) })
            }
            for payload in payloads { try client.publish(payload, to: "many") }
            var received: [[UInt8]] = []
            for try await message in subscription {
                received.append([UInt8](message.payload))
                if received.count == payloads.count { break }
            }
            #expect(received == payloads)
            #expect(try await client.isEchoed(1_000_000))
            await client.close()
        }
    }

    @Test func `a header may say who the client is`() async throws {
        let config = "authorization { token: \"S3CRETtoken\" }"
        try await Self.run("no_tls: true\ntoken_cookie: \"nats\"", config: config) { _, address in
            var options = Self.options("ws://\(address)")
            #expect(await Self.refusal(options)?.code == .authorizationFailed)
            options.webSocketHeaders = ["Cookie": "nats=S3CRETtoken"]
            let client = try await NATSClient.connect(options)
            #expect(try await client.isEchoed(10))
            #expect(!"\(options) \(client)".contains("S3CRET"))
            await client.close()
        }
    }

    @Test func `a connection that the server ends is made again`() async throws {
        try await Self.run { server, address in
            let client = try await NATSClient.connect(Self.options("ws://\(address)"))
            let subscription = try client.subscribe(to: "after")
            try await client.flush()
            await client.reconnectOnce()
            try client.publish("here", to: "after")
            for try await message in subscription {
                #expect(message.text == "here")
                break
            }
            await client.close()
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", ErrorCode.authorizationFailed),
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", .unavailable),
        ("HTTP/1.1 301 Moved\r\nLocation: http://x/?S3CRET\r\n\r\n", .refused),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", .refused),
        ("INFO {}\r\n", ErrorCode(rawValue: "not_http")),
    ])
    func `what is no WebSocket is told as what it is`(answer: String, code: ErrorCode)
        async throws
    {
        let server = try ScriptedServer { connection, _ in
            _ = connection.readHead()
            connection.send(answer)
            connection.finish()
            connection.readToEnd()
        }
        let error = await Self.refusal(
            Self.options("ws://bob:S3CRETpw@127.0.0.1:\(server.port)/a?token=S3CRET"))
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(!"\(String(describing: error))".contains("S3CRET"))
        #expect(server.connectionCount == 1)
    }

    @Test func `the opening is asked for with path, query and headers, and no credentials`()
        async throws
    {
        let server = try ScriptedServer { connection, _ in
            let head = connection.readHead() ?? ""
            let isRight =
                head.hasPrefix("GET /nats/x?y=1 HTTP/1.1\r\n")
                && head.contains("X-Proxy: yes\r\n") && !head.contains("bob")
                && !head.lowercased().contains("origin:")
            connection.send("HTTP/1.1 \(isRight ? "503 Right" : "400 Wrong")\r\n\r\n")
            connection.finish()
            connection.readToEnd()
        }
        var options = Self.options("ws://bob:pw@127.0.0.1:\(server.port)/nats/x?y=1")
        options.webSocketHeaders = ["X-Proxy": "yes"]
        #expect(await Self.refusal(options)?.detail.contains("503") == true)
    }

    @Test func `what cannot be is refused before anybody is called`() async throws {
        let server = try ScriptedServer { connection, _ in connection.readToEnd() }
        let address = "127.0.0.1:\(server.port)"
        var options = Self.options("ws://\(address)")
        for lists in [
            ["ws://\(address)", "nats://\(address)"], ["ws://\(address),wss://\(address)"],
        ] {
            options.servers = lists
            #expect(await Self.refusal(options)?.code == .invalidArgument)
        }
        options.servers = ["ws://\(address)"]
        options.tls = .required
        #expect(await Self.refusal(options)?.code == .invalidArgument)
        options.tls = .onDemand
        for name in ["Upgrade", "host", "Sec-WebSocket-Key"] {
            options.webSocketHeaders = Headers()
            options.webSocketHeaders.append(try HeaderName(name), "x")
            let error = await Self.refusal(options)
            #expect(error?.code == .invalidArgument && error?.detail.contains(name) == true)
        }
        #expect(server.connectionCount == 0)
    }

    @Test(.needsOpenSSL) func `a WebSocket without TLS follows none with TLS`() async throws {
        let tls = try await TLSServer.make()
        let plain = try ScriptedServer { connection, _ in connection.readToEnd() }
        try await Self.run(tls.config(), host: tls.host) { _, address in
            let client = try await NATSClient.connect(tls.options("wss://\(address)"))
            try client.setServers(["ws://127.0.0.1:\(plain.port)"])
            client.reconnect()
            for await event in client.events {
                if case .connectionFailed(let error) = event {
                    #expect(error.code == .tlsRequired)
                    break
                }
            }
            await client.close()
        }
    }

    @Test func `a peer that never answers the opening is given up in time`() async throws {
        let server = try ScriptedServer { connection, _ in connection.readToEnd() }
        var options = Self.options("ws://127.0.0.1:\(server.port)")
        options.connectTimeout = .milliseconds(200)
        #expect(await Self.refusal(options)?.code == .connectionFailed)
    }
}
