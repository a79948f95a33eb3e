internal import BridgeBytes
internal import NATSCore
internal import NATSServices
internal import TestKit

/// A client on a fresh server, for as long as a body runs.
enum ServiceStage {
    static func run(
        config: String = "", user: String? = nil,
        _ body: @escaping @Sendable (NATSClient) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(config: config) { server in
            let name = user.map { "\($0):\($0)@" } ?? ""
            let url = "nats://\(name)\(server.address)"
            try await within {
                let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                do {
                    try await body(client)
                } catch {
                    await client.close()
                    throw error
                }
                await client.close()
            }
        }
    }

    static let calculator = ServiceConfiguration(name: "calc", version: "1.2.3")

    /// The error that asking ends with; nil when there is an answer.
    static func refusal(
        _ body: () async throws(ServiceError) -> NATSMessage
    ) async -> ServiceError? {
        do throws(ServiceError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }
}
