internal import BridgeBytes
internal import NATSCore
internal import NATSWire
internal import Synchronization
internal import TestKit
internal import Testing

/// Work that says how much of it is left, and whether it could still ask.
private final class Work: DrainParticipant {
    let left: Int
    let client: NATSClient
    let couldAsk = Mutex<Bool?>(nil)

    init(left: Int, client: NATSClient) {
        self.left = left
        self.client = client
    }

    func drain(until deadline: ContinuousClock.Instant) async -> Int {
        let isFuture = deadline > .now
        let answer = try? await client.request([], to: "echo")
        couldAsk.withLock { $0 = isFuture && answer != nil }
        return left
    }
}

@Suite(.needsNATSServer) struct DrainParticipantsTests {
    private func run(
        _ body: @escaping @Sendable (NATSClient) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(jetStream: false) { server in
            let url = server.url
            try await within {
                let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                let echo = try client.subscribe(to: "echo")
                let service = Task {
                    for try await message in echo {
                        if let reply = message.replyTo { try client.publish([], to: reply) }
                    }
                }
                try await body(client)
                await client.close()
                try await service.value
            }
        }
    }

    @Test func `work that takes part ends before the client refuses requests`() async throws {
        try await run { client in
            let work = Work(left: 0, client: client)
            #expect(client.addDrainParticipant(work))
            try await client.drain(timeout: patience)
            #expect(work.couldAsk.withLock { $0 } == true)
            // The end has begun: nobody joins.
            #expect(!client.addDrainParticipant(Work(left: 0, client: client)))
        }
    }

    @Test func `what is left is told, and who has left takes no part`() async throws {
        try await run { client in
            let works = [3, 4, 50].map { Work(left: $0, client: client) }
            for work in works { #expect(client.addDrainParticipant(work)) }
            client.removeDrainParticipant(works[2])
            #expect(client.drainParticipantCount == 2)
            let error = await #expect(throws: NATSError.self) {
                try await client.drain(timeout: patience)
            }
            #expect(error?.code == .timeout)
            #expect(error?.detail.contains("7 of JetStream's consumers") == true)
            #expect(works[2].couldAsk.withLock { $0 } == nil)
        }
    }
}
