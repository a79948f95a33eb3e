import BridgeBytes
import BridgeHTTP
import BridgeJSON
import TestKit
import Testing

/// The command line on a machine without OpenSSL.
@Suite(.enabled(if: CommandRun.executable != nil, "not built"))
struct HiddenLibraryTests {
    private static let hidden = ["NATSBRIDGE_OPENSSL": "none"]

    @Test func `what needs the library is one clear error, and nobody is called`() async throws {
        let server = try ScriptedServer { connection, _ in connection.readToEnd() }
        let folder = try TemporaryDirectory()
        let seed = "SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBU"
        try TestFile.write(seed, to: folder.file("user.nk"))
        let here = "127.0.0.1:\(server.port)"
        for line in [
            ["send", "s", "t:text=x", "--server", "tls://\(here)"],
            ["send", "s", "t:text=x", "--server", "wss://\(here)"],
            ["send", "s", "t:text=x", "--server", "nats://\(here)", "--tlsfirst"],
            ["send", "s", "t:text=x", "--server", here, "--nkey", folder.file("user.nk")],
            ["fetch", "https://\(here)/f/1/x", "--store", "https://\(here)", "-o", "x"],
            [
                "serve", "--directory", folder.file("d"), "--port", "0", "--tls-cert", "a",
                "--tls-key", "b",
            ],
        ] {
            let run = try await CommandRun.run(line, variables: Self.hidden)
            #expect(run.status == 2, "\(line): \(run.errors)")
            #expect(run.errors.contains("tls_unavailable"), "\(line): \(run.errors)")
            #expect(run.errors.contains("libssl3"), "\(line): \(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1, "\(line): \(run.errors)")
            #expect(!run.errors.contains(seed))
        }
        #expect(server.connectionCount == 0)
    }

    @Test(.needsNATSServer) func `all else works, and digests are the same`() async throws {
        let directory = try TemporaryDirectory()
        let text = String(repeating: "0123456789", count: 20_000)
        let files = try await FileServer.start(FileServerOptions(directory: directory.path))
        try await NATSServerFixture.run(jetStream: false) { nats in
            for variables in [Self.hidden, [:]] {
                let run = try await CommandRun.run(
                    ["send", "s", "t:text=@-", "--threshold", "1", "--digest", "sha256", "--json"]
                        + ["--server", nats.url, "--store", files.baseURL],
                    input: text, variables: variables)
                #expect(run.status == 0, "\(run.errors)")
                var digest = SHA256()
                digest.update(Array(text.utf8).span, by: nil)
                let expected = Hex.string(digest.finalize().span)
                #expect(run.output.contains(expected), "\(run.output)")
            }
        }
        await files.stop()
    }
}
