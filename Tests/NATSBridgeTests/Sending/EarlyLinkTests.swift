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

    @Test func `what a cancelled send has not brought is not said to stay`() async throws {
        try await Self.run { server, proxy, sender, _ in
            proxy.set(.with { $0.bytesPerSecond = 1 }, .toServer)
            let options = Self.early
            let sending = Task {
                try await sender.send(
                    Bytes([UInt8](repeating: 7, count: 3_000_000)), to: "lab.early",
                    options: options)
            }
            #expect(await Pace.until(patience) { server.counters.requests > 0 })
            sending.cancel()
            do {
                _ = try await sending.value
                Issue.record("it was sent")
            } catch let error as BridgeError {
                #expect(error.outcome != .sent)
                #expect(!error.detail.contains("stays until"), "\(error.detail)")
            }
            #expect(server.counters.filesStored == 0)
        }
    }

    /// Who answers reads the payload first, so it cannot wait for the answer.
    @Test func `a request's early payload comes while its answer is awaited`() async throws {
        try await Self.run { server, _, sender, receiver in
            let questions = receiver.messages(on: "lab.ask")
            try await receiver.client.flush()
            let service = Task {
                for try await question in questions {
                    try await receiver.reply(
                        "\(question.payloads.first?.bytes.count ?? -1)", to: question)
                }
            }
            var options = RequestOptions()
            options.sending = Self.early
            let answer = try await sender.request(
                Bytes([UInt8](repeating: 7, count: 3_000_000)), to: "lab.ask", options: options,
                timeout: patience)
            #expect(answer.text == "3000000")
            #expect(server.counters.filesStored == 1)
            service.cancel()
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
