import BridgeBytes
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// Our file server as a Python peer uses it: the calls of Plik, and a link fetched by urllib.
@Suite(.needsPythonPeer) struct FileServerInteropTests {
    @Test(arguments: ["table.arrows", "Grüße und so.bin", "50%.bin"])
    func aPeersUploadIsFetchedAsItWas(name: String) async throws {
        try await withServer { server, peer in
            var generator = SeededGenerator(#function)
            let content = Bytes(generator.bytes(100_000))
            let answer = try await peer.ask(
                "upload",
                ["name": .string(name), "content": .string(base64(content))])
            let link = try #require(answer["url"]?.stringValue)
            #expect(link.hasPrefix(server.baseURL + "/file/"))

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

    @Test func aPeerFetchesWhatWeStored() async throws {
        try await withServer { server, peer in
            var generator = SeededGenerator(#function)
            let content = Bytes(generator.bytes(100_000))
            let link = server.baseURL + "/f/" + String(repeating: "0a", count: 16) + "/table.arrows"
            let client = try HTTPClient()
            let stored = try await client.send(
                HTTPRequest("PUT", HTTPURL(link)), body: .segments([content]))
            #expect(stored.status == 201)
            client.close()

            let answer = try await peer.ask("fetch", ["url": .string(link)])
            #expect(answer["status"] == 200)
            #expect(answer["body"]?.stringValue == base64(content))
        }
    }

    private func base64(_ content: Bytes) -> String {
        String(repairing: Base64.encode(content.span))
    }

    private func withServer(
        _ body: (FileServer, Peer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let server = try await FileServer.start(FileServerOptions(directory: directory.path))
        try await Peer.run(store: server.baseURL) { peer in
            try await body(server, peer)
        }
        await server.stop()
    }
}
