import ArrowIPC
import BridgeBytes
import NATSBridge
import NATSCore
import NATSServices
import NATSWire
import TestKit
import Testing

/// Endpoints of services whose requests and answers are payloads.
@Suite(.needsNATSServer) struct BridgeServiceTests {
    @Test func `payloads are answered with payloads, and the service is found`() async throws {
        try await ReceiverBench.run { bench in
            let bridge = bench.bridge
            let service = try await bridge.client.startService(
                ServiceConfiguration(name: "tables", version: "1.0.0"))
            try await bridge.endpoint("double", in: try service.root.group("v1")) { question in
                let values = try #require(try question["n"]?.table?.column("n"))
                    .values(as: Int64.self).map { $0 * 2 }
                return ["n": .table(try Table(["n": Column(values)]))]
            }
            let table = try Table(["n": Column([1, 2, 3] as [Int64])])
            let answer = try await bridge.request(
                ["n": .table(table)], to: "v1.double", timeout: patience)
            let doubled = try #require(try answer["n"]?.table?.column("n"))
            #expect(try Array(doubled.values(as: Int64.self)) == [2, 4, 6])
            #expect(try await bridge.client.services.info("tables").first?.endpoints.count == 1)
            await service.stop()
        }
    }

    @Test func `what cannot be read, and what the handler refuses, is told by header`()
        async throws
    {
        try await ReceiverBench.run { bench in
            let bridge = bench.bridge
            let service = try await bridge.client.startService(
                ServiceConfiguration(name: "tables", version: "1.0.0"))
            try await bridge.endpoint("refuse", in: service.root) { _ in
                throw ServiceError(402, "not paid")
            }
            let refused = await #expect(throws: BridgeError.self) {
                try await bridge.request("x", to: "refuse", timeout: patience)
            }
            #expect(refused?.code == .serviceError)
            #expect(refused?.detail.contains("402") == true)
            do throws(ServiceError) {
                _ = try await bridge.client.requestService(
                    "no envelope", at: "refuse", timeout: patience)
                Issue.record("it was read")
            } catch {
                #expect(error.number == 400 && error.text.hasSuffix("failed: invalid_json"))
            }
            await service.stop()
        }
    }
}
