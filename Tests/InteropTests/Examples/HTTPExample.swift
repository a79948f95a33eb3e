import BridgeBytes
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// The README's example of BridgeHTTP; a tidy test holds the two together.
@Suite struct HTTPExample {
    @Test func storesAndFetchesAFile() async throws {
        let directory = try TemporaryDirectory()
        let folder = directory.path
        let payload = Bytes(utf8: "content")

        let server = try await FileServer.start(FileServerOptions(directory: folder))
        let client = try HTTPClient()

        let place = try HTTPURL(server.baseURL + "/f/0123456789abcdef0123456789abcdef/run7.bin")
        var upload = HTTPRequest("PUT", place)
        try upload.fields.append(name: "X-TTL", value: "600")  // seconds
        let stored = try await client.send(upload, body: .segments([payload]))

        let answer = try await client.send(HTTPRequest("GET", place))
        let content = try await answer.collect(limit: 1 << 20)
        client.close()
        await server.stop()

        #expect(stored.status == 201 && answer.status == 200 && content == payload)
    }
}
