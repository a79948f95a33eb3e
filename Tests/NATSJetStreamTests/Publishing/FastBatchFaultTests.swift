internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// Fast batches over connections that break and servers that end.
@Suite(.needsNATSServer) struct FastBatchFaultTests {
    /// What the batch says it has is in the stream, in order and without a gap, whatever was cut.
    @Test func whatIsToldIsStoredWhenTheConnectionIsCut() async throws {
        try await NATSServerFixture.run { server in
            try await within {
                let proxy = try FaultProxy(to: server.port, host: server.host)
                var options = NATSClientOptions(servers: [proxy.url])
                options.reconnectWait = .milliseconds(1)
                let client = try await NATSClient.connect(options)
                try await Self.publishAcrossACut(client) { proxy.end(.reset) }
                await client.close()
            }
        }
    }

    private static func publishAcrossACut(
        _ client: NATSClient, _ cut: () -> Void
    ) async throws {
        var settings = JetStreamOptions()
        settings.timeout = .seconds(3)
        let jetStream = JetStream(client: client, options: settings)
        guard try await JetStreamStage.level(jetStream) >= 4 else { return }
        var stream = StreamConfiguration(name: "F", subjects: ["f.a"])
        stream.allowsBatchedPublish = true
        try await jetStream.createStream(stream)
        var batch = try jetStream.fastBatch()
        let error = await FastBatchTests.add(0..<500, to: &batch)
        #expect(error == nil)
        cut()
        _ = await FastBatchTests.add(500..<3000, to: &batch)
        let ack = await batch.commit()
        var read = OrderedReadOptions()
        read.follows = false
        var texts: [String?] = []
        for try await message in jetStream.orderedMessages(in: "F", options: read) {
            texts.append(message.text)
        }
        #expect(texts == texts.indices.map { "\($0)" })
        #expect(texts.count >= ack.reached && ack.reached >= 300)
        #expect(ack.isWhole == (ack.reached == 3000))
        #expect(ack.isWhole || ack.failure != nil)
    }
}
