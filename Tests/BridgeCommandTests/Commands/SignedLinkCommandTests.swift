import BridgeJSON
import Foundation
import TestKit
import Testing

/// The command line with a file server that answers signed links alone (failures.md F13, H3).
@Suite(
    .needsNATSServer, .enabled(if: CommandRun.executable != nil, "not built"))
struct SignedLinkCommandTests {
    private static let key = "first-0123456789abcdef0123456789"
    private static let newer = "newer-0123456789abcdef0123456789"

    private func link(
        _ nats: NATSServerFixture, _ store: String, _ more: [String] = []
    ) async throws -> String {
        let sent = try await CommandRun.run(
            ["send", "x", "t:text=hello", "--threshold", "1", "--server", nats.url, "--json"]
                + ["--store", store, "--ttl", "1h"] + more)
        #expect(sent.status == 0 && sent.errors.isEmpty, "\(sent.errors)")
        let payload = try #require(try sent.json()[0]["payloads"]?.arrayValue?.first)
        return try #require(payload["data"]?.stringValue)
    }

    @Test func `signed links reach receivers, keys are exchanged, and no secret is told`()
        async throws
    {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        try TestFile.write("# links\n\n\(Self.key)\n", to: folder.file("keys"))
        let server = try await ChildProcess(
            executable,
            [
                "serve", "--directory", folder.file("files"), "--port", "0", "--access-log", "-",
                "--verbose", "--sign-links", "demand", "--link-keys", folder.file("keys"),
                "--link-ttl", "1h",
            ])
        let store = try #require(try await server.log.first { $0.hasPrefix("http://") }).text
        try await NATSServerFixture.run { nats in
            let receiver = try await TestProcess(
                executable,
                ["receive", "x", "-n", "1", "--server", nats.url, "--store", store, "--json"])
            try await receiver.untilListening()
            let old = try await link(nats, store)
            #expect(old.contains("?expires=") && old.contains("&signature="))
            let line = try #require(try await receiver.output().first)
            #expect(line["payloads"]?.arrayValue?.first?["value"] == "hello", "\(line)")
            // Under another name of the store the signature is the same.
            let renamed = try await link(
                nats, store,
                ["--public-url", store.replacingOccurrences(of: "127.0.0.1", with: "localhost")])
            #expect(renamed.hasPrefix("http://localhost:"))
            try TestFile.write("\(Self.newer)\n\(Self.key)\n", to: folder.file("keys"))
            server.signal(SIGHUP)
            _ = try #require(try await server.log.first { $0.contains("keys as they are now") })
            let new = try await link(nats, store)
            for url in [old, renamed, new] {
                let got = try await CommandRun.run(["fetch", url, "--store", store, "-o", "-"])
                #expect(got.status == 0 && got.output == "hello", "\(got.errors)")
            }
            try TestFile.write("\(Self.newer)\nshort\n", to: folder.file("keys"))
            server.signal(SIGHUP)
            _ = try #require(try await server.log.first { $0.contains("of before stay in use") })
            let bare = String(try #require(new.split(separator: "?").first))
            let refused = try await CommandRun.run(["fetch", bare, "--store", store, "-o", "-"])
            #expect(refused.status == 6 && refused.errors.contains("forbids"), "\(refused.errors)")
            try await server.stop()
            let text = (server.log.lines + [refused.errors]).joined(separator: "\n")
            let signatures = [old, renamed, new].compactMap { $0.split(separator: "=").last }
            for secret in signatures.map(String.init) + [Self.key, Self.newer] {
                #expect(!text.contains(secret), "\(text)")
            }
        }
    }

    @Test(
        arguments: [
            (["--sign-links", "perhaps"], "neither off, offer nor demand"),
            (["--link-ttl", "1h"], "--sign-links offer"),
            (["--link-keys", "/dev/null"], "--sign-links offer"),
            (["--sign-links", "offer", "--link-keys", "/dev/null"], "has no key"),
            (["--sign-links", "offer", "--link-keys", "/nowhere"], "file_not_found"),
        ])
    func `what makes no sense is wrong usage`(arguments: [String], word: String) async throws {
        let folder = try TemporaryDirectory()
        let run = try await CommandRun.run(
            ["serve", "--directory", folder.file("d"), "--port", "0"] + arguments)
        #expect(run.status == (word == "file_not_found" ? 4 : 2), "\(run.status) \(run.errors)")
        #expect(run.errors.contains(word), "\(run.errors)")
    }
}
