internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// Reads in order whose connection is lost in the middle.
@Suite(.needsNATSServer) struct OrderedFaultTests {
    private static let subjects = 1500

    /// Three messages on each subject, of which the last one counts.
    private static func fill(_ jetStream: JetStream) async throws {
        var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
        stream.storage = .memory
        try await jetStream.createStream(stream)
        let requests = try (0..<3 * subjects).map {
            try PublishRequest(
                Bytes(utf8: "\($0 / subjects)"), to: Subject("s.\($0 % subjects)"))
        }
        #expect(try await jetStream.publishAll(requests).firstFailure == nil)
    }

    /// A server forgets a message when whoever has asked for it goes away, and by number the older
    /// ones would come.
    @Test func `the last message of each subject comes, once, and no older one`() async throws {
        try await NATSServerFixture.run { server in
            let (port, host) = (server.port, server.host)
            try await within {
                let proxy = try FaultProxy(to: port, host: host)
                var options = NATSClientOptions(servers: [proxy.url])
                (options.reconnectWait, options.reconnectJitter) = (.milliseconds(1), .zero)
                let client = try await NATSClient.connect(options)
                let jetStream = client.jetStream
                try await Self.fill(jetStream)
                var read = OrderedReadOptions()
                (read.start, read.follows) = (.lastPerSubject, false)
                for round in 0..<10 {
                    let cut = 1 + round * 149
                    var told: [String] = []
                    for try await message in jetStream.orderedMessages(in: "S", options: read) {
                        told.append("\(message.subject.text) \(message.text ?? "")")
                        if told.count == cut { proxy.end(.reset) }
                    }
                    #expect(told == (0..<Self.subjects).map { "s.\($0) 2" }, "cut behind \(cut)")
                }
                await client.close()
            }
        }
    }
}
