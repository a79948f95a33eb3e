import BridgeBytes
import BridgeTLS
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// Somebody between a client and its server, who reads and changes what is in the clear.
@Suite(.needsOpenSSL) struct TLSAttackTests {
    private static let password = "S3CRETpw"

    /// What a client has said in the clear.
    private final class Heard: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }
        var all: [UInt8] { bytes.withLock { $0 } }
    }

    private static func info(_ more: String) -> String {
        "INFO {\"server_id\":\"x\",\"version\":\"2.11.0\",\"proto\":1,\"headers\":true,"
            + "\"max_payload\":1048576\(more)}\r\n"
    }

    private static func liar(_ heard: Heard, _ text: String) throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            connection.send(text)
            while true {
                let bytes = connection.read(1)
                guard !bytes.isEmpty else { return }
                heard.add(bytes)
            }
        }
    }

    @Test(arguments: ["tls", "nats"])
    func `an INFO without TLS gets not one byte where TLS was asked for`(scheme: String)
        async throws
    {
        let heard = Heard()
        let server = try Self.liar(heard, Self.info(""))
        var options = NATSClientOptions(
            servers: ["\(scheme)://bob:\(Self.password)@127.0.0.1:\(server.port)"])
        options.tlsConfiguration.acceptsAnyCertificateInsecurely = true
        if scheme == "nats" { options.tls = .required }
        let given = options
        let error = await #expect(throws: NATSError.self) { try await NATSClient.connect(given) }
        #expect(error?.code == .tlsRequired)
        #expect(error?.detail.contains("nothing was sent") == true)
        #expect(server.connectionCount == 1)
        #expect(heard.all.isEmpty)
    }

    @Test func `one address that asks for TLS binds all others`() async throws {
        let heard = Heard()
        let server = try Self.liar(heard, Self.info(""))
        let address = "bob:\(Self.password)@127.0.0.1:\(server.port)"
        var options = NATSClientOptions(servers: ["nats://\(address)", "tls://127.0.0.1:1"])
        options.tlsConfiguration.acceptsAnyCertificateInsecurely = true
        let given = options
        let error = await #expect(throws: NATSError.self) { try await NATSClient.connect(given) }
        #expect(error.map { $0.code == .tlsRequired || $0.code == .connectionFailed } == true)
        #expect(server.connectionCount == 1)
        #expect(heard.all.isEmpty)
    }

    @Test(arguments: ["+OK\r\n", "MSG a 1 1\r\nx\r\n", "P"])
    func `bytes in the clear behind INFO end the connection`(more: String) async throws {
        let heard = Heard()
        let server = try Self.liar(heard, Self.info(",\"tls_required\":true") + more)
        var options = NATSClientOptions(
            servers: ["nats://bob:\(Self.password)@127.0.0.1:\(server.port)"])
        options.tlsConfiguration.acceptsAnyCertificateInsecurely = true
        let given = options
        let error = await #expect(throws: NATSError.self) { try await NATSClient.connect(given) }
        #expect(error?.code == .protocolViolation || error?.code == .tlsRequired)
        #expect(!String(decoding: heard.all, as: UTF8.self).contains(Self.password))
    }

    @Test func `a server that is silent in the handshake is given up in time`() async throws {
        let server = try Self.liar(Heard(), Self.info(",\"tls_required\":true"))
        var options = NATSClientOptions(servers: ["tls://127.0.0.1:\(server.port)"])
        options.tlsConfiguration.acceptsAnyCertificateInsecurely = true
        options.connectTimeout = .milliseconds(200)
        let given = options
        let error = await #expect(throws: NATSError.self) { try await NATSClient.connect(given) }
        #expect(error?.code == .connectionFailed)
    }

    @Test(.needsNATSServer)
    func `addresses that were announced in the clear are not believed`() async throws {
        let tls = try await TLSServer.make()
        try await tls.run { server in
            let evil = "\"connect_urls\":[\"evil.example:4222\"],"
            let middle = try ScriptedServer { connection, _ in
                guard
                    let inner = ScriptedConnection(
                        connectingTo: server.port, host: server.host),
                    let line = inner.readLine()
                else { return }
                connection.send(
                    line.replacing("\"server_id\"", with: evil + "\"server_id\"") + "\r\n")
                let thread = Thread {
                    while case let bytes = inner.read(1), !bytes.isEmpty { connection.send(bytes) }
                    connection.finish()
                }
                thread.start()
                while case let bytes = connection.read(1), !bytes.isEmpty { inner.send(bytes) }
                inner.finish()
            }
            var options = tls.options("tls://127.0.0.1:\(middle.port)")
            options.tlsConfiguration.serverName = "localhost"
            let client = try await NATSClient.connect(options)
            try await client.flush()
            #expect(client.serverInfo?.connectURLs == [])
            await client.close()
            for await event in client.events {
                if case .serversChanged(let added, _) = event {
                    #expect(!added.contains { $0.contains("evil") })
                }
            }
        }
    }
}
