import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import TestKit
import Testing

/// Contexts in a folder as the `nats` tools lay it out (ADR-21).
@Suite struct ContextTests {
    private static func folder(_ files: [String: String]) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: folder.file("context"), withIntermediateDirectories: true)
        for (name, text) in files { try TestFile.write(text, to: folder.file(name)) }
        return folder
    }

    @Test(.needsNATSServer) func `a selected context connects with its credentials`() async throws {
        let config = "authorization { user: u, password: p }"
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let folder = try Self.folder([
                "context.txt": "lab\n",
                "context/lab.json":
                    #"{"url":"\#(server.url)","user":"u","password":"p","inbox_prefix":"mine","#
                    + #""jetstream_domain":"hub"}"#,
            ])
            let options = try await NATSClientOptions.context(directory: folder.file(""))
            #expect(options.servers == [server.url] && options.inboxPrefix == "mine")
            #expect(options.jetStreamDomain == "hub")
            let client = try await NATSClient.connect(options)
            #expect(client.isConnected && client.newInbox().text.hasPrefix("mine."))
            await client.close()
        }
    }

    @Test(arguments: [nil, "none", "broken", "keys", "../broken", ".", ""])
    func `what cannot be used is refused with its reason`(_ name: String?) async throws {
        let folder = try Self.folder([
            "context/broken.json": "{", "context/keys.json": #"{"nsc":"/a"}"#,
        ])
        let error = await #expect(throws: NATSError.self) {
            try await NATSClientOptions.context(name, directory: folder.file(""))
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.detail.isEmpty == false)
    }
}
