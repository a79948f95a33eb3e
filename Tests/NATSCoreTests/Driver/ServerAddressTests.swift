import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// Lists of servers, and wishes for TLS: what was to be covered never goes out in the clear.
@Suite struct ServerAddressTests {
    private static let password = "S3CRETpw"

    /// What clients have said to a server.
    private final class Heard: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var text: String { lines.withLock { $0.joined(separator: "\n") } }
    }

    /// A plain server that takes everything down.
    private static func server(_ heard: Heard) throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            connection.send(
                "INFO {\"server_id\":\"x\",\"version\":\"2.11.0\",\"proto\":1,"
                    + "\"headers\":true,\"max_payload\":1048576}\r\n")
            while let line = connection.readLine() {
                heard.add(line)
                if line == "PING" { connection.send("PONG\r\n") }
            }
        }
    }

    @Test(arguments: ["wss", "ws", "https"])
    func `a scheme that does not go with the others refuses the whole list before a byte is sent`(
        _ scheme: String
    ) async throws {
        let heard = Heard()
        let server = try Self.server(heard)
        let plain = "nats://bob:\(Self.password)@127.0.0.1:\(server.port)"
        let asking = "\(scheme)://bob:\(Self.password)@127.0.0.1:\(server.port)"
        for servers in [["\(plain), \(asking)"], [plain, asking], [asking, plain]] {
            let error = await #expect(throws: NATSError.self) {
                try await NATSClient.connect(NATSClientOptions(servers: servers))
            }
            #expect(error?.code == (scheme == "https" ? .unsupportedScheme : .invalidArgument))
            #expect(error?.detail.contains("nothing was sent") == true)
            #expect(error.map { !"\($0)".contains(Self.password) } == true)
        }
        #expect(server.connectionCount == 0)
    }

    /// Where a password may come from.
    enum Source: CaseIterable { case url, options, context, callback, token }

    @Test(arguments: Source.allCases)
    func `a server that demands TLS is given no credentials`(_ source: Source) async throws {
        let heard = Heard()
        let server = try ScriptedServer { connection, _ in
            connection.send("INFO {\"server_id\":\"x\",\"proto\":1,\"tls_required\":true}\r\n")
            // What comes is the beginning of TLS; nobody answers it.
            heard.add("\(connection.read(2))")
            connection.finish()
            connection.readToEnd()
        }
        let address = "127.0.0.1:\(server.port)"
        var options = NATSClientOptions(servers: ["nats://\(address)"])
        switch source {
        case .url: options.servers = ["nats://bob:\(Self.password)@\(address)"]
        case .options: options.credentials = .user("bob", password: Self.password)
        case .token: options.credentials = .token(Self.password)
        case .callback:
            options.credentials = .provided { _ in .user("bob", password: Self.password) }
        case .context:
            let folder = try TemporaryDirectory()
            try FileManager.default.createDirectory(
                atPath: folder.file("context"), withIntermediateDirectories: true)
            try TestFile.write(
                #"{"url":"nats://\#(address)","user":"bob","password":"\#(Self.password)"}"#,
                to: folder.file("context/lab.json"))
            options = try await NATSClientOptions.context("lab", directory: folder.path)
        }
        options.connectTimeout = patience
        let given = options
        let error = await #expect(throws: NATSError.self) {
            try await NATSClient.connect(given)
        }
        #expect(error?.code == .tlsRefused, "\(String(describing: error))")
        #expect(server.connectionCount > 0)
        // A record of a handshake of TLS, and nothing before it.
        #expect(heard.text == "[22, 3]")
    }

    @Test func `servers that are named later are looked at as closely`() async throws {
        let heard = Heard()
        let server = try Self.server(heard)
        let address = "127.0.0.1:\(server.port)"
        let client = try await NATSClient.connect(NATSClientOptions(servers: [address]))
        for servers in [[], [","], [""], ["\(address),wss://a"]] {
            let error = #expect(throws: NATSError.self) { try client.setServers(servers) }
            #expect(error?.code == .invalidArgument)
        }
        let faulty: [(String, ErrorCode)] = [
            ("ftp://u:\(Self.password)@a", .unsupportedScheme), ("nats://", .invalidURL),
            ("a:b:c", .invalidURL), ("nats://u:\(Self.password)@a:0", .invalidURL),
        ]
        for (server, code) in faulty {
            let error = #expect(throws: NATSError.self) { try client.setServers([server]) }
            #expect(error?.code == code && error?.place.isEmpty == false, "\(server)")
            #expect(error.map { !"\($0)".contains(Self.password) } == true)
        }
        try client.setServers(["\(address), 127.0.0.1:1"])
        await client.close()
    }

    @Test func `a list with a server that is not there finds the other one`() async throws {
        let heard = Heard()
        let server = try Self.server(heard)
        let address = "127.0.0.1:\(server.port)"
        for list in ["127.0.0.1:1,\(address)", " \(address) , 127.0.0.1:1,", ",\(address)"] {
            let client = try await NATSClient.connect(NATSClientOptions(servers: [list]))
            #expect(client.isConnected)
            await client.close()
        }
    }
}
