internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// What the server's permissions forbid is told as that, and at once: long before the time for an
/// answer is over.
@Suite(.needsNATSServer) struct PermissionTests {
    /// JetStream as an administrator sees it, and as somebody who may not publish to some subjects.
    private static func run(
        denied: String, _ body: @escaping @Sendable (JetStream, JetStream) async throws -> Void
    ) async throws {
        let config = """
            authorization { users: [
              { user: admin, password: p }
              { user: guest, password: p, permissions: { publish: { deny: [\(denied)] } } }
            ] }
            """
        try await NATSServerFixture.run(config: config) { server in
            let url = server.url
            try await within {
                let (admin, guest) = (
                    try await NATSClient.connect(
                        NATSClientOptions(
                            servers: [url], credentials: .user("admin", password: "p"))),
                    try await NATSClient.connect(
                        NATSClientOptions(
                            servers: [url], credentials: .user("guest", password: "p")))
                )
                var options = JetStreamOptions()
                // Nobody waits for so long here.
                options.timeout = patience
                let makes = admin.jetStream
                var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
                let level = try await JetStreamStage.level(makes)
                (stream.allowsAtomicPublish, stream.allowsBatchedPublish) = (level > 1, level > 3)
                try await makes.createStream(stream)
                try await body(makes, JetStream(client: guest, options: options))
                await guest.close()
                await admin.close()
            }
        }
    }

    @Test func `each way to publish tells that the subject is forbidden`() async throws {
        try await Self.run(denied: "\"s.no\"") { admin, guest in
            func refused(_ body: () async throws(JetStreamError) -> Void) async {
                do throws(JetStreamError) {
                    try await body()
                    Issue.record("nothing was refused")
                } catch {
                    #expect(error.code == .permissionDenied && error.outcome == .denied, "\(error)")
                    #expect(error.subject == "s.no")
                }
            }
            await refused { () throws(JetStreamError) in try await guest.publish("x", to: "s.no") }
            let publisher = try guest.publisher(maxOutstanding: 4)
            var tickets: [PublishTicket] = []
            for _ in 0..<20 { tickets.append(try await publisher.publish("x", to: "s.no")) }
            for ticket in tickets {
                await refused { () throws(JetStreamError) in _ = try await ticket.ack() }
            }
            try await publisher.finish()
            let level = try await JetStreamStage.level(admin)
            let two = [PublishRequest("x", to: "s.yes"), PublishRequest("x", to: "s.no")]
            if level > 1 {
                await refused { () throws(JetStreamError) in
                    _ = try await guest.publishAtomically(Array(two.reversed()))
                }
                await refused { () throws(JetStreamError) in
                    _ = try await guest.publishAtomically(two)
                }
            }
            if level > 3 {
                let batch = try await guest.publishFast(Array(two.reversed()))
                #expect(batch.failure?.code == .permissionDenied && !batch.isWhole)
            }
            #expect(try await admin.streamInfo("S").state.messages == 0)
        }
    }

    @Test func `of many messages just those are refused that are forbidden`() async throws {
        try await Self.run(denied: "\"s.no\"") { admin, guest in
            let requests = (0..<1000).map { number in
                PublishRequest("\(number)", to: number.isMultiple(of: 3) ? "s.no" : "s.yes")
            }
            let results = try await guest.publishAll(requests, maxOutstanding: 100)
            for (number, result) in results.enumerated() {
                guard case .failure(let error) = result else {
                    #expect(!number.isMultiple(of: 3))
                    continue
                }
                #expect(number.isMultiple(of: 3))
                #expect(error.code == .permissionDenied && error.outcome == .denied, "\(error)")
            }
            #expect(try await admin.streamInfo("S").state.messages == 666)
        }
    }

    @Test func `who may not ask for messages is told so`() async throws {
        try await Self.run(denied: "\"$JS.API.CONSUMER.MSG.NEXT.>\"") { admin, guest in
            try await admin.createConsumer(ConsumerConfiguration(durableName: "c"), on: "S")
            let consumer = try await guest.consumer("c", on: "S")
            let fetched = await JetStreamStage.code { _ = try await consumer.fetch(1) }
            #expect(fetched == .permissionDenied)
            let looped = await JetStreamStage.code {
                for try await _ in consumer.messages() {}
            }
            #expect(looped == .permissionDenied)
            let ordered = await JetStreamStage.code {
                for try await _ in guest.orderedMessages(in: "S") {}
            }
            #expect(ordered == .permissionDenied)
            let worked = await JetStreamStage.code {
                try await consumer.worker { _ in }.run()
            }
            #expect(worked == .permissionDenied)
        }
    }
}
