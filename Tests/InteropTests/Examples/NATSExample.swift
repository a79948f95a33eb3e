import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

/// The README's example of NATSClient; a tidy test holds the two together.
@Suite(.needsNATSServer) struct NATSExample {
    @Test func publishesSubscribesAndRequests() async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))

            let questions = try client.subscribe(to: "greet.*")
            let service = Task {
                for try await question in questions {
                    guard let inbox = question.replyTo else { continue }
                    try client.publish(Bytes(utf8: "Hello!"), to: inbox)
                }
            }
            let answer = try await client.request(Bytes(utf8: "?"), to: "greet.ada")
            try client.publish(answer.payload, to: "log")  // synchronous, into a bounded outbox
            try await client.drain()

            try await service.value
            #expect(String(validating: answer.payload) == "Hello!")
        }
    }
}
