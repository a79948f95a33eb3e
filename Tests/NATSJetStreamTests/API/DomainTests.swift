internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct DomainTests {
    @Test func `the domain of the client's options is used unless JetStream's own say more`()
        async throws
    {
        // One server whose JetStream has a domain answers to its name, and to no other.
        let store = try TemporaryDirectory()
        let config =
            "jetstream { domain: hub, max_mem: 1MB, store_dir: \"\(store.file("js"))\" }"
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let url = server.url
            try await within {
                for (domain, code) in [
                    ("hub", nil), ("elsewhere", ErrorCode.jetStreamDisabled), (nil, nil),
                ] as [(String?, ErrorCode?)] {
                    var options = NATSClientOptions(servers: [url])
                    options.jetStreamDomain = domain
                    try await NATSClient.withClient(options) { client in
                        let found = await Self.code(JetStream(client: client))
                        #expect(found == code, "\(domain ?? "none")")
                        var own = JetStreamOptions()
                        own.domain = "hub"
                        #expect(await Self.code(JetStream(client: client, options: own)) == nil)
                        own.domain = nil
                        own.apiPrefix = "$JS.hub.API"
                        #expect(await Self.code(JetStream(client: client, options: own)) == nil)
                    }
                }
            }
        }
    }

    /// Whether a stream can be made; nil: it can.
    private static func code(_ jetStream: JetStream) async -> ErrorCode? {
        var configuration = StreamConfiguration(name: "S", subjects: ["s"])
        configuration.storage = .memory
        do throws(JetStreamError) {
            try await jetStream.createStream(configuration)
            return nil
        } catch {
            return error.code
        }
    }
}
