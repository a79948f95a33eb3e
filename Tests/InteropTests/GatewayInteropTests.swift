import BridgeBytes
import BridgeClaims
import BridgeHTTP
import BridgeJSON
import HTTPWire
import NATSBridge
import NATSCore
import NATSJetStream
import NATSObjectStore
import TestKit
import Testing

/// Gateways as a Python peer uses them, which knows URLs and Plik alone.
@Suite(.needsPythonPeer, .needsNATSServer) struct GatewayInteropTests {
    private func base64(_ content: Bytes) -> String {
        String(repairing: Base64.encode(content.span))
    }

    private func with(
        _ engine: any GatewayEngine, _ body: (Gateway, Peer) async throws -> Void
    ) async throws {
        let gateway = try await Gateway.start(FileServerOptions(directory: ""), engine: engine)
        try await Peer.run(store: gateway.baseURL) { peer in try await body(gateway, peer) }
        await gateway.stop()
    }

    @Test func `a peer's upload comes through a folder`() async throws {
        let directory = try TemporaryDirectory()
        let address = try StoreAddress("file://\(directory.path)")
        let engine = try #require(try address.engine())
        try await with(engine) { gateway, peer in
            var generator = SeededGenerator(#function)
            let content = Bytes(generator.bytes(100_000))
            let answer = try await peer.ask(
                "upload", ["name": "Grüße und so.bin", "content": .string(base64(content))])
            let link = try #require(answer["url"]?.stringValue)
            #expect(link.hasPrefix(gateway.baseURL + "/file/"))
            let client = try HTTPClient()
            let response = try await client.send(HTTPRequest("GET", HTTPURL(link)))
            #expect(response.status == 200)
            #expect(try await response.collect(limit: 1 << 20) == content)
            client.close()
            // It was uploaded as a one-shot file: the second reader comes too late.
            let again = try await peer.ask("fetch", ["url": .string(link)])
            #expect([404, 410].contains(again["status"]?.intValue))
        }
    }

    @Test func `a peer reads what a bridge has put into JetStream`() async throws {
        try await NATSServerFixture.run { server in
            let nats = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            let bucket = try await JetStream(client: nats)
                .createObjectStore(ObjectStoreConfiguration(bucket: "PAYLOADS"))
            try await with(ObjectEngine(bucket)) { gateway, peer in
                let store = ObjectClaimStore(bucket, publicURL: try HTTPURL(gateway.baseURL))
                var generator = SeededGenerator(#function)
                for (name, size) in [("table.arrows", 300_000), ("Grüße 50%.bin", 0)] {
                    let content = Bytes(generator.bytes(size))
                    let claim = try await store.upload(
                        ClaimContent(name: name, segments: [content]), correlationID: "c")
                    #expect(claim.url.hasPrefix(gateway.baseURL + "/f/"))
                    let answer = try await peer.ask("fetch", ["url": .string(claim.url)])
                    #expect(answer["status"] == 200)
                    #expect(answer["body"]?.stringValue == base64(content))
                    // With the bucket at hand nobody needs the gateway.
                    let read = try await store.download(
                        ClaimDownload(url: claim.url, expectedSize: size))
                    #expect(read == content)
                    try await store.delete(link: claim.url, policy: nil, correlationID: "c")
                    let gone = try await peer.ask("fetch", ["url": .string(claim.url)])
                    #expect(gone["status"]?.intValue == 404)
                }
            }
            await nats.close()
        }
    }
}
