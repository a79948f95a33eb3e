import BridgeBytes
import BridgeEnvelope
import NATSBridge
import NATSCore
import NATSServices
import NATSWire
import TestKit
import Testing

/// Answers of NATS services that say that the request failed (ADR-32).
@Suite(.needsNATSServer) struct ServiceErrorTests {
    /// Asks a service that answers with these headers.
    private static func ask(
        _ headers: Headers, _ body: (BridgeError?, SendStage) async throws -> Void
    ) async throws {
        try await SendStage.run { stage in
            let requests = try stage.control.subscribe(to: "svc")
            try await stage.control.flush()
            let service = Task {
                for try await request in requests {
                    guard let reply = request.replyTo else { continue }
                    try stage.control.publish([], to: reply, headers: headers)
                }
            }
            let error = await SendStage.failure { () async throws(BridgeError) in
                _ = try await stage.bridge.request(
                    [SendStage.payload], to: "svc", options: SendStage.linkedRequest,
                    timeout: patience)
            }
            try await body(error, stage)
            service.cancel()
            _ = await service.result
        }
    }

    @Test func `a service's error is told with its text and code`() async throws {
        try await Self.ask([
            "Nats-Service-Error": "no such run", "Nats-Service-Error-Code": "404",
        ]) { error, stage in
            let error = try #require(error)
            #expect(error.code == .serviceError && error.stage == .receive)
            #expect(error.subject == "svc" && error.outcome == .sent)
            #expect(error.detail == "the service answers with an error (code 404): no such run")
            // The service has had the link.
            #expect(stage.store.stored == 1)
        }
    }

    @Test func `one of the two headers is enough`() async throws {
        try await Self.ask(["Nats-Service-Error-Code": "500"]) { error, _ in
            #expect(
                error?.detail == "the service answers with an error (code 500): without a text")
        }
        try await Self.ask(["Nats-Service-Error": "busy"]) { error, _ in
            #expect(error?.detail == "the service answers with an error: busy")
        }
    }

    @Test func `an answer that cannot be used came all the same`() async throws {
        try await Self.ask([:]) { error, stage in
            #expect(error?.stage == .decode && error?.outcome == .sent)
            #expect(stage.store.stored == 1)
        }
    }

    @Test func `words of a service are cut and cannot steer a terminal`() async throws {
        let long = try HeaderValue("\u{1B}[2J" + String(repeating: "x", count: 10_000))
        try await Self.ask(["Nats-Service-Error": long]) { error, _ in
            let detail = try #require(error?.detail)
            #expect(!detail.contains("\u{1B}") && detail.count < 400)
        }
    }
}
