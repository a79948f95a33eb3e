import BridgeBytes
import BridgeConsole
import BridgeHTTP
import BridgeJSON
import Foundation
import TestKit
import Testing

/// The options of links, with a file server that both sides know by different names
/// (failures.md B2, B5, C14).
@Suite("Links", .needsNATSServer, .enabled(if: CommandRun.executable != nil))
struct LinkOptionTests {
    private func withFiles(
        _ change: (inout FileServerOptions) -> Void = { _ in },
        _ body: (FileServer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        change(&options)
        let files = try await FileServer.start(options)
        do { try await body(files) } catch {
            await files.stop()
            throw error
        }
        await files.stop()
    }

    /// Sends a large payload through one name of a store, and receives it through another.
    private func pass(
        sending: [String], receiving: [String]
    ) async throws -> (sent: CommandRun, received: String) {
        let executable = try #require(CommandRun.executable)
        var result: (CommandRun, String)?
        try await NATSServerFixture.run { nats in
            let server = ["--server", nats.url, "--max-retries", "0", "--json"]
            let receiver = try await TestProcess(
                executable, ["receive", "x", "-n", "1"] + server + receiving)
            try await receiver.untilListening()
            let sent = try await CommandRun.run(
                ["send", "x", "t:text=hello", "--threshold", "1"] + server + sending)
            let line = try #require(try await receiver.output().first)
            result = (sent, String(repairing: line.encoded()))
        }
        return try #require(result)
    }

    @Test(arguments: [
        ("localhost", "127.0.0.1"), ("127.0.0.1", "localhost"), ("localhost", "localhost"),
    ])
    func `the names of this machine are one store`(_ names: (String, String)) async throws {
        try await withFiles { files in
            let (sent, received) = try await pass(
                sending: ["--store", "http://\(names.0):\(files.port)"],
                receiving: ["--store", "http://\(names.1):\(files.port)"])
            #expect(sent.status == 0 && sent.errors.isEmpty)
            #expect(received.contains("hello") && !received.contains("error"), "\(received)")
            let link = try sent.json()[0]["payloads"]?.arrayValue?[0]["data"]?.stringValue
            #expect(link?.hasPrefix("http://\(names.0):\(files.port)/f/") == true)
        }
    }

    @Test func `another name of the store is an alias, and another server a rewriting`()
        async throws
    {
        try await withFiles { files in
            let store = ["--store", files.baseURL]
            let sending = store + ["--public-url", "http://files.example:81"]
            for option in [
                ["--alias", "http://files.example:81"],
                ["--rewrite", "http://files.example:81=\(files.baseURL)"],
            ] {
                let (sent, received) = try await pass(sending: sending, receiving: store + option)
                #expect(sent.status == 0 && received.contains("hello"))
                // The sender cannot reach its own link, and is told.
                #expect(sent.errors.contains("files.example"))
                #expect(try sent.json()[0]["warnings"]?.arrayValue?.count == 1)
            }
            let (_, received) = try await pass(sending: sending, receiving: store)
            #expect(received.contains("link_refused") && received.contains("the rule"))
        }
    }

    @Test func `a life that the store shortens is told`() async throws {
        try await withFiles {
            $0.timeToLive = .seconds(60)
            $0.maximumTimeToLive = .seconds(60)
        } _: { files in
            try await NATSServerFixture.run { nats in
                let sent = try await CommandRun.run([
                    "send", "x", "t:text=hello", "--threshold", "1", "--ttl", "2h", "--server",
                    nats.url, "--store", files.baseURL,
                ])
                #expect(sent.status == 0 && sent.errors.contains("life_shortened"))
            }
        }
    }

    @Test func `the proxy of the environment is used, unless it is not wanted`() async throws {
        let proxy = try ScriptedServer { connection, _ in
            while let head = connection.readHead() {
                #expect(head.hasPrefix("GET http://files.invalid/f/1/x HTTP/1.1\r\n"))
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            }
        }
        let link = [
            "fetch", "http://files.invalid/f/1/x", "--output", "-", "--store",
            "http://files.invalid", "--max-retries", "0",
        ]
        let variables = ["http_proxy": "http://127.0.0.1:\(proxy.port)"]
        let run = try await CommandRun.run(link, variables: variables)
        #expect(run.status == 0 && run.output == "hello", "\(run.errors)")
        let direct = try await CommandRun.run(link + ["--no-proxy"], variables: variables)
        #expect(direct.status != 0 && proxy.connectionCount == 1)
        let wrong = try await CommandRun.run(link, variables: ["http_proxy": "socks5://a"])
        #expect(wrong.status == 2)
    }

    @Test(.needsOpenSSL)
    func `https goes through the proxy for it, and through no other`() async throws {
        let proxy = try ScriptedServer { connection, _ in
            let head = connection.readHead() ?? ""
            #expect(head.hasPrefix("CONNECT files.invalid:443 HTTP/1.1\r\n"), "\(head)")
            connection.send("HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n")
            connection.readToEnd()
        }
        let link = [
            "fetch", "https://files.invalid/f/1/x", "--output", "-", "--store",
            "https://files.invalid", "--max-retries", "0", "--json",
        ]
        let address = "http://127.0.0.1:\(proxy.port)"
        for name in ["https_proxy", "HTTPS_PROXY", "all_proxy"] {
            let run = try await CommandRun.run(link, variables: [name: address])
            #expect(run.errors.contains("authorization_failed"), "\(run.errors)")
            #expect(run.errors.contains("the proxy answers 407"))
        }
        let direct = try await CommandRun.run(link, variables: ["http_proxy": address])
        #expect(!direct.errors.contains("authorization_failed") && direct.status != 0)
        #expect(proxy.connectionCount == 3)
    }

    @Test(arguments: [
        ["--store", "http://u:planted@127.0.0.1"], ["--store", "http://127.0.0.1/?ttl=60"],
        ["--store", "http://127.0.0.1/#x"], ["--public-url", "http://u:planted@127.0.0.1"],
        ["--alias", "files.example"], ["--rewrite", "http://a.b"],
        ["--rewrite", "http://a.b=ftp://c"],
    ])
    func `what would have no effect is wrong usage`(_ options: [String]) async throws {
        let run = try await CommandRun.run(
            ["send", "x", "t:text=a", "--server", "nats://127.0.0.1:1"] + options)
        #expect(run.status == 2 && !run.errors.contains("planted"), "\(run.errors)")
    }
}
