internal import NATSCore
internal import NATSJetStream
internal import TestKit
internal import Testing

/// Two servers, each with a JetStream of its own domain or one without, behind a leaf node.
enum DomainsStage {
    /// Runs a body with a client that is connected to the leaf and means the domain `hub`.
    /// - Parameter leafHasItsOwn: whether the leaf has a JetStream of the domain `edge`.
    static func run(
        leafHasItsOwn: Bool = true,
        _ body: @escaping @Sendable (NATSClient) async throws -> Void
    ) async throws {
        let (hubStore, leafStore) = (try TemporaryDirectory(), try TemporaryDirectory())
        let host = LoopbackAddress.unused()
        let port = try FreePorts.take(1, host: host)[0]
        let hub = """
            jetstream { domain: hub, max_mem: 50MB, store_dir: "\(hubStore.file("js"))" }
            leafnodes { listen: "\(host):\(port)" }
            """
        let edge = "domain: edge, max_mem: 50MB, store_dir: \"\(leafStore.file("js"))\""
        let own = leafHasItsOwn ? "jetstream { \(edge) }" : ""
        let leaf = "leafnodes { remotes: [ { url: \"nats-leaf://\(host):\(port)\" } ] }\n\(own)"
        try await NATSServerFixture.run(jetStream: false, config: hub, host: host) { hub in
            try await NATSServerFixture.run(jetStream: false, config: leaf, host: host) { leaf in
                try await leaf.logged("Leafnode connection created")
                let url = leaf.url
                try await within {
                    var options = NATSClientOptions(servers: [url])
                    options.jetStreamDomain = "hub"
                    let client = try await NATSClient.connect(options)
                    let isThere = await Pace.until(patience) {
                        (try? await client.jetStream.accountInfo()) != nil
                    }
                    #expect(isThere)
                    try await body(client)
                    await client.close()
                }
            }
        }
    }

    /// The JetStream of the leaf.
    static func edge(_ client: NATSClient) -> JetStream {
        var options = JetStreamOptions()
        options.domain = "edge"
        return JetStream(client: client, options: options)
    }
}
