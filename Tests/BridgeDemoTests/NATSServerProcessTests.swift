import BridgeDemo
import TestKit
import Testing

@Suite struct NATSServerProcessTests {
    @Test(.needsNATSServer)
    func `a server of our own starts on a free port and stops`() async throws {
        let folder = try TemporaryDirectory()
        let server = try await NATSServerProcess.start(directory: folder.path)
        #expect(server.url.hasPrefix("nats://127.0.0.1:"))
        #expect(server.version.hasPrefix("2."))
        await server.stop()
    }
}
