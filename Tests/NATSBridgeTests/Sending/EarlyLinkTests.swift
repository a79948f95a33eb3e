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
    /// A file server, a sender that reaches NATS through a proxy, and a receiver that does not.
    private static func run(
        _ body: (FileServer, FaultProxy, Bridge, Bridge) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { nats in
            let folder = try TemporaryDirectory()
            var options = FileServerOptions(directory: folder.file("store"))
            options.isDurable = false
            options.publicBaseURL = "http://files.test"
            let server = try await FileServer.start(options)
            let proxy = try FaultProxy(to: nats.port, host: nats.host)
            let own = try HTTPURL("http://127.0.0.1:\(server.port)")
            func bridge(_ url: String) async throws -> Bridge {
                var retry = RetryPolicy()
                retry.base = .milliseconds(20)
                retry.total = .seconds(60)
                var settings = BridgeOptions(
                    client: NATSClientOptions(servers: [url]),
                    store: try FileServerStore(baseURL: own, publicBaseURL: own, retry: retry))
                settings.retry = retry
                return try await Bridge.connect(settings)
            }
            let sender = try await bridge("nats://127.0.0.1:\(proxy.port)")
            let receiver = try await bridge(nats.url)
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

    /// A receiver may hold the link, and then it leads to the payload.
    @Test func `what may have been published early is brought all the same`() async throws {
        try await Self.run { server, proxy, sender, _ in
            proxy.set(.with { $0.limit = 1 }, .toServer, scope: .present)
            var options = Self.early
            options.retriesUnknown = false
            do throws(BridgeError) {
                try await sender.send(
                    Bytes([UInt8](repeating: 7, count: 3_000_000)), to: "lab.early",
                    options: options)
                Issue.record("it was sent")
            } catch {
                #expect(error.code == .disconnected && error.outcome == .unknown)
                #expect(error.detail.hasSuffix("its 1 upload stays until its time to live ends"))
            }
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
