import BridgeBytes
import BridgeEnvelope
import NATSBridge
import NATSCore
import NATSWire
import TestKit
import Testing

/// A message that was planned for one server and meets another, which takes less.
@Suite(.needsNATSServer) struct SendLimitTests {
    @Test(arguments: [false, true])
    func `a smaller limit behind a reconnection is planned for anew`(
        usesHeaderForm: Bool
    ) async throws {
        try await SendStage.run { stage in
            let next = try await NATSServerFixture.start(
                config: "max_payload: 20000", host: stage.server.host)
            let control = try await NATSClient.connect(SendStage.options(next.url))
            let arrived = try control.subscribe(to: "moved")
            try await control.flush()
            stage.proxy.retarget(to: next.port)
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toServer, scope: .present)
            var options = SendOptions()
            options.timeout = patience
            options.usesHeaderForm = usesHeaderForm
            let bytes = Bytes([UInt8](repeating: 7, count: 100_000))
            let sent = try await stage.bridge.send(
                ["p": .bytes(bytes)], to: "moved", options: options)
            #expect(sent.wireBytes < 20_000 && stage.store.uploads == 1)
            guard sent.envelope.payloads.first?.transport == .link else {
                Issue.record("not a link")
                return
            }
            let message = try #require(try await arrived.nextBatch()?.first)
            #expect(message.payload == sent.body)
            let lines = stage.trace.events(of: sent.envelope.correlationID).map(\.message)
            #expect(lines.contains("making the message smaller"))
            await control.close()
            try await next.stop()
        }
    }

    /// A bridge to a server that takes 20,000 bytes, with a store whose links have 3,000.
    private func withLongLinks(
        _ body: (Bridge, ScriptedStore) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(config: "max_payload: 20000") { server in
            let token = "?X-Amz-Security-Token=" + String(repeating: "t", count: 3000)
            let store = ScriptedStore(query: token)
            try await Bridge.withBridge(BridgeOptions(servers: [server.url], store: store)) {
                try await body($0, store)
            }
        }
    }

    private static func value(_ count: Int) -> PayloadValue {
        .bytes(Bytes([UInt8](repeating: 7, count: count)))
    }

    @Test func `links that are longer than was planned for make room for themselves`() async throws
    {
        try await withLongLinks { bridge, store in
            // With the reserve for a link the two would fit.
            let sent = try await bridge.send(
                ["large": Self.value(30_000), "small": Self.value(12_500)], to: "long")
            #expect(sent.wireBytes <= 20_000 && store.stored == 2)
            #expect(sent.envelope.payloads.map(\.transport) == [.link, .link])
        }
    }

    @Test func `what does not fit by any number of long links is refused, and leaves nothing`()
        async throws
    {
        try await withLongLinks { bridge, store in
            let names = (0..<7).map { "p\($0)" }
            let payloads = Payloads(names.map { Payload($0, Self.value(30_000)) })
            let error = await #expect(throws: BridgeError.self) {
                try await bridge.send(payloads, to: "long")
            }
            #expect(error?.code == .tooLarge && error?.outcome == .lost)
            #expect(store.uploads == 7 && store.stored == 0)
        }
    }
}
