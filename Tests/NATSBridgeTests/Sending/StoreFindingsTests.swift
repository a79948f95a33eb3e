import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import TestKit
import Testing

/// What a sender hears of a store whose links others cannot follow (failures.md B2, B5).
@Suite(.needsNATSServer) struct StoreFindingsTests {
    @Test func `the time of an upload is no shortening`() {
        let asked = Duration.seconds(3600)
        #expect(!Bridge.isShortened(asked, to: .seconds(3590), after: .seconds(9)))
        #expect(!Bridge.isShortened(asked, to: .seconds(3599), after: .zero))
        #expect(Bridge.isShortened(asked, to: .seconds(3590), after: .seconds(7)))
    }

    private func findings(
        publicURL: String? = nil, timeToLive: Duration = .seconds(3600),
        server: (inout FileServerOptions) -> Void = { _ in }
    ) async throws -> (codes: [ErrorCode], warnings: Int, stored: Int) {
        let directory = try TemporaryDirectory()
        var serverOptions = FileServerOptions(directory: directory.path)
        server(&serverOptions)
        let files = try await FileServer.start(serverOptions)
        var result: (codes: [ErrorCode], warnings: Int, stored: Int)?
        try await NATSServerFixture.run { nats in
            let trace = LogCollector()
            var options = BridgeOptions(
                client: NATSClientOptions(servers: [nats.url]),
                store: try FileServerStore(
                    baseURL: HTTPURL("http://127.0.0.1:\(files.port)"),
                    publicBaseURL: try publicURL.map { try HTTPURL($0) }),
                log: trace.sink)
            options.timeToLive = timeToLive
            let bridge = try await Bridge.connect(options)
            for _ in 0..<2 {
                _ = try await bridge.send(
                    [SendStage.payload], to: "x", options: SendStage.linked())
            }
            await bridge.close()
            result = (
                bridge.storeFindings.map(\.code),
                trace.events().count { $0.level == .warning }, files.stored.files
            )
        }
        await files.stop()
        return try #require(result)
    }

    @Test func `nothing is said of links that work`() async throws {
        let found = try await findings()
        #expect(found.codes.isEmpty && found.warnings == 0 && found.stored == 2)
    }

    @Test func `a public name that leads nowhere is told once, and fails nothing`() async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readHead() != nil {
                connection.send("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let found = try await findings(publicURL: "http://127.0.0.1:\(server.port)")
        #expect(found.codes == [.payloadNotFound] && found.warnings == 1)
        #expect(found.stored == 2 && server.connectionCount == 1)
    }

    @Test func `a link that this side would refuse is told`() async throws {
        let found = try await findings { $0.publicBaseURL = "http://files.example" }
        #expect(found.codes == [.linkRefused] && found.warnings == 1 && found.stored == 2)
    }

    @Test func `a life that is shortened is told`() async throws {
        let found = try await findings(timeToLive: .seconds(7200)) {
            $0.timeToLive = .seconds(60)
            $0.maximumTimeToLive = .seconds(60)
        }
        #expect(found.codes == [.lifeShortened] && found.warnings == 1)
    }

    @Test func `a store that has not what was sent fails the send`() async throws {
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                // It answers as if it had stored everything, and has stored ten bytes.
                let length = head.hasPrefix("HEAD") ? 10 : 0
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n")
            }
        }
        try await NATSServerFixture.run { nats in
            let bridge = try await Bridge.connect(
                BridgeOptions(
                    client: NATSClientOptions(servers: [nats.url]),
                    store: try FileServerStore(
                        baseURL: HTTPURL("http://127.0.0.1:\(server.port)"))))
            let error = await SendStage.failure { () async throws(BridgeError) in
                _ = try await bridge.send(
                    [SendStage.payload], to: "x", options: SendStage.linked())
            }
            #expect(error?.code == .sizeMismatch && error?.stage == .upload)
            #expect(error?.outcome == .lost)
            await bridge.close()
        }
    }
}
