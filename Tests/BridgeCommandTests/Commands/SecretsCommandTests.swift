import BridgeBytes
import BridgeJSON
import Foundation
import Synchronization
import TestKit
import Testing

/// Secrets are planted, whole commands are run with everything told that can be told, also where
/// they fail, and no part of a secret is in what they have written (failures.md H3).
@Suite(
    .needsNATSServer, .needsOpenSSL, .needsCryptography,
    .enabled(if: CommandRun.executable != nil, "not built"))
struct SecretsCommandTests {
    private let folder: TemporaryDirectory
    private let authority: TestAuthority

    init() async throws {
        folder = try TemporaryDirectory()
        authority = try await TestAuthority.make()
    }

    /// Runs a send and a receive by the right arguments, then sends by wrong ones, and returns all
    /// that they have written, traces of the protocol included.
    private func told(
        _ url: String, right: [String], wrong: [String], variables: [String: String] = [:]
    ) async throws -> String {
        let verbose = ["--verbose", "--json", "--no-proxy"]
        let isDone = Atomic(false)
        async let received = {
            let run = try await CommandRun.run(
                ["receive", "s", "-n", "1", "--trace", folder.file("receive"), "--server", url]
                    + right + verbose, variables: variables)
            isDone.store(true, ordering: .relaxed)
            return run
        }()
        var text = ""
        // Nobody says when the receiver listens.
        while !isDone.load(ordering: .relaxed) {
            let sent = try await CommandRun.run(
                ["send", "s", "t:text=x", "--trace", folder.file("send"), "--server", url] + right
                    + verbose, variables: variables)
            #expect(sent.status == 0, "\(sent.errors)")
            text += sent.output + sent.errors
        }
        let run = try await received
        #expect(run.status == 0, "\(run.errors)")
        text += run.output + run.errors
        let failed = try await CommandRun.run(
            ["send", "s", "t:text=x", "--trace", folder.file("wrong"), "--server", url] + wrong
                + verbose, variables: variables)
        #expect(failed.status != 0)
        text += failed.output + failed.errors
        for name in TestFile.names(in: folder.path)
        where ["send", "receive", "wrong"].contains(where: { name.hasPrefix($0) }) {
            text += try TestFile.text(folder.file(name))
        }
        // The test sees what it looks for.
        #expect(text.contains("CONNECT"))
        return text
    }

    /// Whether a part of a secret that is so many characters long stands in a text.
    private static func shows(_ text: String, _ secret: String, _ length: Int = 12) -> Bool {
        let letters = Array(secret)
        guard letters.count > length else { return text.contains(secret) }
        return (0...letters.count - length).contains {
            text.contains(String(letters[$0..<$0 + length]))
        }
    }

    @Test func `a password, its URL, a token and a passphrase`() async throws {
        let host = LoopbackAddress.unused()
        let own = try await authority.issue("server", names: "IP:\(host)")
        let client = try await authority.issue(
            "client", usage: "clientAuth", passphrase: "S3CRETpassphrase")
        let tls = """
            tls { cert_file: "\(own.chain)", key_file: "\(own.key)", verify: true
                  ca_file: "\(authority.path)" }
            """
        let shown = [
            "--tlsca", authority.path, "--tlscert", client.chain, "--tlskey", client.key,
        ]
        let phrase = ["NATS_KEY_PASSPHRASE": "S3CRETpassphrase"]
        let user = tls + "\nauthorization { user: ann, password: \"S3CRETpassword\" }"
        try await NATSServerFixture.run(jetStream: false, config: user, host: host) { server in
            let text = try await told(
                "tls://\(server.address)", right: shown + ["--user", "ann"],
                wrong: shown + ["--user", "ann", "--password", "S3CRETmistaken"],
                variables: phrase.merging(["NATS_PASSWORD": "S3CRETpassword"]) { $1 })
            #expect(!text.contains("S3CRET"))
            let inside = try await told(
                "tls://ann:S3CRETpassword@\(server.address)", right: shown,
                wrong: shown + ["--tlspassphrase", "S3CRETmistaken"], variables: phrase)
            #expect(!inside.contains("S3CRET"))
        }
        let token = tls + "\nauthorization { token: \"S3CRETtoken\" }"
        try await NATSServerFixture.run(jetStream: false, config: token, host: host) { server in
            let text = try await told(
                "tls://\(server.address)", right: shown + ["--token", "S3CRETtoken"],
                wrong: shown + ["--token", "S3CRETmistaken"], variables: phrase)
            #expect(!text.contains("S3CRET"))
        }
    }

    @Test func `a seed and a JWT`() async throws {
        let key = KeyPair(.user, "ann")
        let stranger = KeyPair(.user, "eve")
        try TestFile.write(key.seed, to: folder.file("ann.nk"))
        try TestFile.write(stranger.seed, to: folder.file("eve.nk"))
        let config = "authorization { users = [ { nkey: \(try key.publicKey) } ] }"
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let text = try await told(
                server.url, right: ["--nkey", folder.file("ann.nk")],
                wrong: ["--nkey", folder.file("eve.nk")])
            for seed in [key.seed, stranger.seed] { #expect(!Self.shows(text, seed)) }
        }
        let issuer = TestOperator()
        let ann = try issuer.user("ann")
        let eve = try TestOperator(account: "OTHER").user("eve")
        try TestFile.write(ann.credentials, to: folder.file("ann.creds"))
        try TestFile.write(eve.credentials, to: folder.file("eve.creds"))
        try await NATSServerFixture.run(
            jetStream: false, config: try issuer.configuration()
        ) { server in
            let text = try await told(
                server.url, right: ["--creds", folder.file("ann.creds")],
                wrong: ["--creds", folder.file("eve.creds")])
            for user in [ann, eve] {
                #expect(!Self.shows(text, user.key.seed))
                // Its head is the same for all. Of its claims the server itself tells the account,
                // of 56 characters, which a trace may show in the same base64.
                let parts = user.jwt.split(separator: ".").map(String.init)
                #expect(!Self.shows(text, parts[1], 100) && !Self.shows(text, parts[2]))
            }
        }
    }

    @Test func `the address of what is stored, in the log of the file server`() async throws {
        let executable = try #require(CommandRun.executable)
        let own = try await authority.issue("server")
        let server = try await ChildProcess(
            executable,
            [
                "serve", "--directory", folder.file("files"), "--port", "0", "--access-log", "-",
                "--verbose", "--tls-cert", own.chain, "--tls-key", own.key,
            ])
        let line = try #require(try await server.log.first { $0.hasPrefix("https://") })
        try await NATSServerFixture.run(jetStream: false) { nats in
            let sent = try await CommandRun.run(
                ["send", "s", "t:text=x", "--threshold", "1", "--server", nats.url, "--json"]
                    + ["--store", line.text, "--store-ca", authority.path])
            let link = try #require(
                try sent.json()[0]["payloads"]?.arrayValue?.first?["data"]?.stringValue)
            try await server.stop()
            let id = String(link.split(separator: "/")[3])
            let log = server.log.lines.joined(separator: "\n")
            #expect(log.contains(id.prefix(8)) && !log.contains(id), "\(log)")
        }
    }
}
