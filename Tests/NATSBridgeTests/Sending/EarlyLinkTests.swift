import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import TestKit
import Testing

/// Sends whose links are out before their bytes.
@Suite(.patient, .needsNATSServer) struct EarlyLinkTests {
    /// The file server behind a proxy, a sender that goes through it, and a receiver that does not.
    private static func run(
        _ body: (FileServer, FaultProxy, Bridge, Bridge) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { nats in
            let folder = try TemporaryDirectory()
            var options = FileServerOptions(directory: folder.file("store"))
            options.isDurable = false
            options.publicBaseURL = "http://files.test"
            let server = try await FileServer.start(options)
            let proxy = try FaultProxy(to: server.port)
            let own = try HTTPURL("http://127.0.0.1:\(server.port)")
            let base = try HTTPURL("http://127.0.0.1:\(proxy.port)")
            func bridge(_ url: HTTPURL) async throws -> Bridge {
                var retry = RetryPolicy()
                retry.base = .milliseconds(20)
                retry.total = .seconds(60)
                var settings = BridgeOptions(
                    client: NATSClientOptions(servers: [nats.url]),
                    store: try FileServerStore(baseURL: url, publicBaseURL: own, retry: retry))
                settings.retry = retry
                return try await Bridge.connect(settings)
            }
            let (sender, receiver) = (try await bridge(base), try await bridge(own))
            try await body(server, proxy, sender, receiver)
            await sender.close()
            await receiver.close()
            await server.stop()
        }
    }

    private static var early: SendOptions {
        var options = SendOptions()
        options.sendsLinksEarly = true
        options.threshold = 1000
        return options
    }

    @Test func `what is sent early arrives`() async throws {
        try await Self.run { server, _, sender, receiver in
            var generator = SeededGenerator(#function)
            let content = Bytes(generator.bytes(5_000_000))
            let messages = receiver.messages(on: "lab.early")
            try await receiver.client.flush()
            try await sender.send(content, to: "lab.early", options: Self.early)
            let message = try #require(try await messages.first { _ in true })
            #expect(message.payloads.first?.transport == .link)
            #expect(message.payloads.first?.bytes == content)
            #expect(server.counters.filesStored == 1)
        }
    }

    @Test func `links into a stream wait for their bytes`() async throws {
        try await Self.run { server, _, sender, _ in
            var options = Self.early
            options.mode = .jetStream
            do throws(BridgeError) {
                try await sender.send(Bytes([1]), to: "lab.early", options: options)
                Issue.record("it was sent")
            } catch {
                #expect(error.code == .invalidArgument && error.outcome == .lost)
            }
            #expect(server.counters.requests == 0)
        }
    }
}
