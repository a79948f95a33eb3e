internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import TestKit

/// JetStream on a fresh server and client, for as long as a body runs.
enum JetStreamStage {
    static func run(
        config: String = "", options: JetStreamOptions = JetStreamOptions(),
        _ body: @escaping @Sendable (JetStream) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(config: config) { server in
            let url = server.url
            try await within {
                let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                do {
                    try await body(JetStream(client: client, options: options))
                } catch {
                    await client.close()
                    throw error
                }
                await client.close()
            }
        }
    }

    /// The code of the error that a body throws; nil when it throws none.
    static func code(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? any CodedError)?.code
        }
    }

    /// The API level of the server; tests of younger settings are skipped on old ones.
    static func level(_ jetStream: JetStream) async throws -> Int {
        try await jetStream.accountInfo().level
    }
}
