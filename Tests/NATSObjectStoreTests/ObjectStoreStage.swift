internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import TestKit

/// An object store on a fresh server and client, for as long as a body runs.
enum ObjectStoreStage {
    static func run(
        _ body: @escaping @Sendable (JetStream) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
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

    static func store(
        _ jetStream: JetStream, _ change: (inout ObjectStoreConfiguration) -> Void = { _ in }
    ) async throws -> ObjectBucket {
        var configuration = ObjectStoreConfiguration(bucket: "B")
        configuration.storage = .memory
        change(&configuration)
        return try await jetStream.createObjectStore(configuration)
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

    /// Bytes that differ from place to place.
    static func pattern(_ count: Int) -> Bytes {
        Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
    }
}
