import BridgeBytes
import BridgeEnvelope
import MessagingBenchmarks
import NATSBridge
import NATSCore
import NATSWire

/// Sends small bridge messages.
enum SendBenchmark {
    /// Sends one after the other, confirmed, as is the default.
    static func run(
        url: String, subject: String, count: Int, size: Int, at place: BenchmarkPlace
    ) async throws {
        let subject = try Subject(subject)
        let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
        let bridge = Bridge(client: client, options: BridgeOptions())
        let payload = Payload("x", .bytes(Bytes([UInt8](repeating: 0x78, count: size))))
        let report = BenchmarkReport(mode: "send")
        try await place.run(client) {
            try await report.measureEach(count, size) {
                try await bridge.send([payload], to: subject)
            }
        }
        await client.close()
    }
}
