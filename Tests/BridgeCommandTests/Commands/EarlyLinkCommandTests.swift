import BridgeBytes
import BridgeJSON
import Foundation
import NATSCore
import NATSWire
import TestKit
import Testing

/// `send --early-link`, read by a peer that knows nothing of it.
@Suite(
    .patient, .needsNATSServer, .needsPythonPeer,
    .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct EarlyLinkCommandTests {
    private static let reader = """
        import sys, urllib.request
        answer = urllib.request.urlopen(sys.argv[1])
        data = answer.read(1000)
        print("begun", answer.headers["Content-Length"], flush=True)
        data += answer.read()
        print("whole", data == open(sys.argv[2], "rb").read(), flush=True)
        """

    @Test func `a peer reads a link whose upload has not ended`() async throws {
        try await CommandStage.run { stage in
            var generator = SeededGenerator(#function)
            let content = Bytes(generator.bytes(3_000_000))
            try TestFile.write(content, to: stage.folder.file("in"))
            let proxy = try FaultProxy(to: try #require(URL(string: stage.store)?.port))
            // A quarter of a minute for the upload, unless it is let go.
            proxy.set(.with { $0.bytesPerSecond = 200_000 }, .toServer)
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: [stage.nats.url]))
            let messages = try client.subscribe(to: "s")
            try await client.flush()
            async let run = CommandRun.run([
                "send", "s", "a:binary=@" + stage.folder.file("in"), "--early-link",
                "--server", stage.nats.url, "--store", "http://127.0.0.1:\(proxy.port)",
            ])
            let message = try #require(try await messages.first { _ in true })
            let envelope = try JSONValue(parsing: message.payload)
            let payload = try #require(envelope["payloads"]?.arrayValue?.first)
            let peer = try await ChildProcess(
                try #require(PythonPeer.interpreter),
                [
                    "-c", Self.reader, try #require(payload["data"]?.stringValue),
                    stage.folder.file("in"),
                ])
            let begun = try await peer.log.first { $0.hasPrefix("begun") }
            #expect(begun?.text == "begun 3000000")
            #expect(try stage.uploads == 0)
            proxy.clear()
            let whole = try await peer.log.first { $0.hasPrefix("whole") }
            #expect(whole?.text == "whole True")
            let end = try await run
            #expect(end.status == 0, "\(end.errors)")
            #expect(try stage.uploads == 1)
            await client.close()
        }
    }

    @Test func `a stream gets no link that may fail`() async throws {
        try await CommandStage.run { stage in
            let run = try await stage.send("s", "a:text=x", "--jetstream", "--early-link")
            #expect(run.status == 2 && run.errors.contains("into a stream"), "\(run.errors)")
            #expect(try stage.uploads == 0)
        }
    }
}
