import BridgeBytes
import BridgeClaims
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// `serve --backend`: gateways as processes, of which one is killed.
@Suite(
    .patient, .needsNATSServer, .enabled(if: CommandRun.executable != nil, "not built"))
struct GatewayCommandTests {
    private static func start(_ options: [String]) async throws -> (ChildProcess, url: String) {
        let executable = try #require(CommandRun.executable)
        let process = try await ChildProcess(
            executable, ["serve", "--port", "0", "--json"] + options)
        let line = try await process.log.first { $0.hasPrefix("{") }
        let value = try line.map { try JSONValue(parsing: Bytes(utf8: $0.text)) }
        return (process, try #require(value?["url"]?.stringValue))
    }

    @Test func `a gateway that is killed takes nothing along`() async throws {
        try await NATSServerFixture.run { nats in
            let made = try await CommandRun.run(["object", "add", "FILES", "--server", nats.url])
            #expect(made.status == 0, "\(made.errors)")
            let options = ["--backend", "nats-object://FILES", "--server", nats.url]
            let (first, one) = try await Self.start(options)
            let (second, two) = try await Self.start(options)
            let store = try FileServerStore(baseURL: HTTPURL(one), retry: .once)
            var generator = SeededGenerator(#function)
            let content = Bytes(generator.bytes(5_000_000))
            let claim = try await store.upload(
                ClaimContent(name: "t", segments: [content]), correlationID: "c")
            #expect(claim.url.hasPrefix(one))

            // In the middle of an upload and of a download.
            let client = try HTTPClient()
            let download = try await client.send(HTTPRequest("GET", HTTPURL(claim.url)))
            let cut = String(repeating: "c", count: 32)
            let upload = ScriptedConnection(connectingTo: try HTTPURL(one).port)
            upload?.send("PUT /f/\(cut)/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
            upload?.send([UInt8](repeating: 7, count: 4_000_000))
            try await first.kill()
            let got = try? await download.collect(limit: 16 << 20)
            // What the sockets held already may be all of it, but never a part.
            #expect(got == nil || got == content)

            let other = try FileServerStore(baseURL: HTTPURL(two))
            let link = two + claim.url.dropFirst(one.count)
            let request = ClaimDownload(
                url: link, expectedSize: claim.size, expectedChecksum: claim.checksum)
            #expect(try await other.download(request) == content)
            let half = try await client.send(HTTPRequest("GET", HTTPURL("\(two)/f/\(cut)/x")))
            #expect(half.status == 404)
            try await second.stop()
        }
    }

    @Test func `links of a sender without a file server lead to the gateway`() async throws {
        try await NATSServerFixture.run { nats in
            let executable = try #require(CommandRun.executable)
            _ = try await CommandRun.run(["object", "add", "FILES", "--server", nats.url])
            let (process, url) = try await Self.start(
                ["--backend", "nats-object://FILES", "--server", nats.url])
            // This receiver knows URLs alone.
            let receiver = try await TestProcess(
                executable,
                [
                    "receive", "lab.x", "--count", "1", "--server", nats.url, "--store", url,
                    "--json",
                ])
            try await receiver.untilListening()
            let sent = try await CommandRun.run([
                "send", "lab.x", "note:text=hello", "--threshold", "1", "--server", nats.url,
                "--store", "nats-object://FILES", "--public-url", url, "--json",
            ])
            #expect(sent.status == 0, "\(sent.errors)")
            let payloads = try await receiver.output().first?["payloads"]?.arrayValue
            #expect(payloads?.first?["transport"] == "link")
            #expect(payloads?.first?["value"] == "hello")
            // And one that has the bucket reads such a link from it, without the gateway.
            try await process.kill()
            let late = try await TestProcess(
                executable,
                [
                    "receive", "lab.y", "--count", "1", "--server", nats.url, "--store",
                    "nats-object://FILES", "--public-url", url, "--json",
                ])
            try await late.untilListening()
            let again = try await CommandRun.run([
                "send", "lab.y", "note:text=again", "--threshold", "1", "--server", nats.url,
                "--store", "nats-object://FILES", "--public-url", url,
            ])
            #expect(again.status == 0, "\(again.errors)")
            let values = try await late.output().first?["payloads"]?.arrayValue
            #expect(values?.first?["value"] == "again")
        }
    }

    @Test func `what makes no sense is refused before anything begins`() async throws {
        let folder = try TemporaryDirectory()
        let calls: [([String], String)] = [
            (["--backend", "http://127.0.0.1:1"], "invalid_argument"),
            (["--backend", "file://\(folder.path)", "--directory", folder.path], "--directory"),
            (["--backend", "file://\(folder.path)", "--quota", "all=1GB"], "--quota"),
            (["--backend", "file://\(folder.path)", "--memory", "1GB"], "--memory"),
            (["--backend", "file://\(folder.path)", "--no-sync"], "--no-sync"),
            (["--backend", "ftp://a"], "--backend"),
            (["--server", "nats://127.0.0.1:1"], "--server"),
        ]
        for (options, word) in calls {
            let run = try await CommandRun.run(["serve", "--port", "0"] + options)
            #expect(run.status == 2 && run.errors.contains(word), "\(run.errors)")
        }
    }
}
