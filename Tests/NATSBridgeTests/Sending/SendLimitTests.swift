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
}
