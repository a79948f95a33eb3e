internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// Replays of a stream that changes under them.
@Suite(.needsNATSServer) struct ReplayTests {
    @Test(arguments: [nil, 1500] as [UInt64?])
    func `what is purged meanwhile is not waited for`(_ before: UInt64?) async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                try await NATSClient.withClient(NATSClientOptions(servers: [url])) { client in
                    let jetStream = JetStream(client: client)
                    var stream = StreamConfiguration(name: "S", subjects: ["s"])
                    stream.storage = .memory
                    try await jetStream.createStream(stream)
                    _ = try await jetStream.publishAll(
                        (0..<2000).map { _ in PublishRequest(Bytes(), to: "s") })
                    var seen: [UInt64] = []
                    let replay = try await jetStream.replay("S", since: .seconds(600))
                    for try await message in replay {
                        seen.append(message.metadata.streamSequence)
                        if seen.count == 10 {
                            try await jetStream.purgeStream("S", before: before)
                        }
                    }
                    // In order, each once, and to the end of what was left.
                    #expect(seen == seen.sorted() && Set(seen).count == seen.count)
                    // And what was not read is told.
                    #expect(replay.removedMessages == UInt64(2000 - seen.count))
                    if let before { #expect(seen.suffix(501).elementsEqual(before...2000)) }
                }
            }
        }
    }

    @Test func `the last message may be the one that is deleted`() async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                try await NATSClient.withClient(NATSClientOptions(servers: [url])) { client in
                    let jetStream = JetStream(client: client)
                    var stream = StreamConfiguration(name: "S", subjects: ["s.*"])
                    stream.storage = .memory
                    try await jetStream.createStream(stream)
                    for name in ["a", "b"] {
                        try await jetStream.publish(Bytes(), to: Subject("s.\(name)"))
                    }
                    let replay = try await jetStream.replay("S", since: .seconds(600))
                    try await jetStream.purgeStream("S", subject: "s.b")
                    try await jetStream.publish(Bytes(), to: "s.c")
                    var seen: [UInt64] = []
                    for try await message in replay {
                        seen.append(message.metadata.streamSequence)
                    }
                    #expect(seen == [1])
                }
            }
        }
    }
}
