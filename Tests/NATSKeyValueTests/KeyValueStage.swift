internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import TestKit

/// A bucket on a fresh server and client, for as long as a body runs.
enum KeyValueStage {
    static func run(
        config: String = "", _ body: @escaping @Sendable (JetStream) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run(config: config) { server in
            let url = server.url
            try await within {
                let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                do {
                    try await body(client.jetStream)
                } catch {
                    await client.close()
                    throw error
                }
                await client.close()
            }
        }
    }

    /// A bucket that keeps three values of each key.
    static func bucket(
        _ jetStream: JetStream, _ change: (inout KeyValueConfiguration) -> Void = { _ in }
    ) async throws -> KeyValueBucket {
        var configuration = KeyValueConfiguration(bucket: "B")
        (configuration.history, configuration.storage) = (3, .memory)
        change(&configuration)
        return try await jetStream.createKeyValue(configuration)
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

    /// Whether the server can let single messages expire.
    static func hasTimeToLive(_ jetStream: JetStream) async throws -> Bool {
        try await jetStream.accountInfo().level >= 1
    }
}
