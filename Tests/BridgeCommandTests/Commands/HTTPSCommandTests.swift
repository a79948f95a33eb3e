import BridgeBytes
import BridgeJSON
import Foundation
import TestKit
import Testing

/// The command line with a file server behind HTTPS.
@Suite(
    .needsNATSServer, .needsOpenSSL, .enabled(if: CommandRun.executable != nil, "not built"))
struct HTTPSCommandTests {
    /// `natsbridge serve` as it runs beside a test.
    private struct Server {
        let process: ChildProcess
        let url: String

        init(_ folder: TemporaryDirectory, _ arguments: [String]) async throws {
            guard let executable = CommandRun.executable else {
                throw FixtureError(CommandRun.absence)
            }
            process = try await ChildProcess(
                executable,
                ["serve", "--directory", folder.file("files"), "--port", "0"] + arguments)
            guard let line = try await process.log.first(where: { $0.hasPrefix("http") }) else {
                throw FixtureError("it ended: \(process.log.lines)")
            }
            url = line.text
        }

        /// Asks for the certificate to be read again, and waits for what it says.
        func hangUp(until word: String) async throws {
            process.signal(SIGHUP)
            let line = try await process.log.first { $0.contains(word) }
            if line == nil { throw FixtureError("it ended: \(process.log.lines)") }
        }

        /// Ends it in order, and waits for that.
        func stop() async throws { try await process.stop() }
    }

    private let authority: TestAuthority
    private let certificate: TestAuthority.Certificate
    private let folder: TemporaryDirectory

    init() async throws {
        authority = try await TestAuthority.make()
        certificate = try await authority.issue("server")
        folder = try TemporaryDirectory()
    }

    private func withServer(
        _ more: [String] = [], _ body: (Server) async throws -> Void
    ) async throws {
        let server = try await Server(
            folder, ["--tls-cert", certificate.chain, "--tls-key", certificate.key] + more)
        do { try await body(server) } catch {
            try? await server.stop()
            throw error
        }
        try await server.stop()
    }

    /// Sends a text by link.
    private func send(_ nats: NATSServerFixture, _ more: [String]) async throws -> CommandRun {
        try await CommandRun.run(
            ["send", "x", "t:text=hello", "--threshold", "1", "--max-retries", "0"]
                + ["--server", nats.url, "--json"] + more)
    }

    @Test func `payloads travel by https links, and only for who trusts the authority`()
        async throws
    {
        let executable = try #require(CommandRun.executable)
        try await withServer { server in
            #expect(server.url.hasPrefix("https://127.0.0.1:"))
            try await NATSServerFixture.run { nats in
                let trusting = ["--store", server.url, "--store-ca", authority.path]
                let receiver = try await TestProcess(
                    executable,
                    ["receive", "x", "-n", "1", "--server", nats.url] + trusting
                        + ["--json"])
                try await receiver.untilListening()
                let sent = try await send(nats, trusting)
                #expect(sent.status == 0 && sent.errors.isEmpty, "\(sent.errors)")
                let payload = try #require(try sent.json()[0]["payloads"]?.arrayValue?.first)
                #expect(payload["data"]?.stringValue?.hasPrefix("\(server.url)/f/") == true)
                let line = try #require(try await receiver.output().first)
                #expect(line["payloads"]?.arrayValue?.first?["value"] == "hello", "\(line)")
                // The system's authorities do not know it.
                let foreign = try await send(nats, ["--store", server.url])
                #expect(foreign.status == 3, "\(foreign.output)\(foreign.errors)")
                #expect(foreign.errors.contains("certificate_rejected"))
                #expect(foreign.errors.contains("--store-ca"))
                let wrong = "http" + server.url.dropFirst(5)
                let plain = try await send(nats, ["--store", wrong])
                #expect(plain.status == 2 && plain.errors.contains("tls_required"))
                #expect(plain.errors.contains("begins with https"), "\(plain.errors)")
            }
        }
    }

    @Test func `a store that asks gets our certificate, and refuses who has none`() async throws {
        let client = try await authority.issue("client", usage: "clientAuth")
        try await withServer(["--tls-client-ca", authority.path]) { server in
            try await NATSServerFixture.run { nats in
                let trusting = ["--store", server.url, "--store-ca", authority.path]
                let known = try await send(
                    nats, trusting + ["--store-cert", client.chain, "--store-key", client.key])
                #expect(known.status == 0 && known.errors.isEmpty, "\(known.errors)")
                let unknown = try await send(nats, trusting)
                #expect(unknown.status == 3 && unknown.errors.contains("tls_refused"))
                #expect(unknown.errors.contains("--store-cert"), "\(unknown.errors)")
            }
        }
    }

    @Test func `encrypted keys are opened with their passphrases, which no error shows`()
        async throws
    {
        let own = try await authority.issue("locked-server", passphrase: "S3CRETserver")
        let client = try await authority.issue(
            "locked", usage: "clientAuth", passphrase: "S3CRETclient")
        let server = try await Server(
            folder,
            ["--tls-cert", own.chain, "--tls-key", own.key, "--tls-client-ca", authority.path]
                + ["--tls-passphrase", "S3CRETserver"])
        try await NATSServerFixture.run { nats in
            let trusting = ["--store", server.url, "--store-ca", authority.path]
            let shown = trusting + ["--store-cert", client.chain, "--store-key", client.key]
            let known = try await send(nats, shown + ["--store-passphrase", "S3CRETclient"])
            #expect(known.status == 0, "\(known.errors)")
            #expect(known.errors.isEmpty)
            for more in [[], ["--store-passphrase", "S3CRETwrong"]] {
                let refused = try await send(nats, shown + more)
                #expect(refused.status == 2, "\(refused.errors)")
                #expect(refused.errors.contains(client.key), "\(refused.errors)")
                #expect(!refused.errors.contains("S3CRET"))
            }
        }
        try await server.stop()
        let wrong = try await CommandRun.run(
            ["serve", "--directory", folder.file("others"), "--port", "0"]
                + ["--tls-cert", own.chain, "--tls-key", own.key],
            variables: ["NATSBRIDGE_TLS_PASSPHRASE": "S3CRETwrong"])
        #expect(wrong.status == 2, "\(wrong.errors)")
        #expect(wrong.errors.contains("invalid_tls_configuration"))
        #expect(!wrong.errors.contains("S3CRET"))
    }

    @Test func `a hangup has the certificate read again, and a bad one changes nothing`()
        async throws
    {
        try await withServer { server in
            let healthy = ["fetch", "\(server.url)/f/none/x", "--store", server.url]
            func code(_ authority: TestAuthority) async throws -> Int32 {
                try await CommandRun.run(
                    healthy + ["--store-ca", authority.path, "-o", folder.file("out")]
                        + ["--max-retries", "0"]
                ).status
            }
            // It is trusted, and has no such file.
            #expect(try await code(authority) == 4)
            try TestFile.write("no certificate", to: certificate.chain)
            try await server.hangUp(until: "of before stays in use")
            #expect(server.process.log.lines.contains { $0.contains(certificate.chain) })
            #expect(try await code(authority) == 4)
            let other = try await TestAuthority.make("other CA")
            let fresh = try await other.issue("server")
            try TestFile.write(try TestFile.text(fresh.chain), to: certificate.chain)
            try TestFile.write(try TestFile.text(fresh.key), to: certificate.key)
            try await server.hangUp(until: "as it is now")
            #expect(try await code(authority) == 3)
            #expect(try await code(other) == 4)
        }
    }

    @Test func `the system's authorities are those that its variables name`() async throws {
        // The tool gives the certificate the name that the library looks for.
        let tool = try #require(TestAuthority.tool)
        let links = folder.file("authorities")
        try FileManager.default.createDirectory(atPath: links, withIntermediateDirectories: true)
        try TestFile.write(try TestFile.text(authority.path), to: links + "/ca.pem")
        let rehash = try await ChildProcess(tool, ["rehash", links])
        _ = try await rehash.log.first { _ in false }
        let other = try await TestAuthority.make("other CA")
        try await withServer { server in
            let line = ["fetch", "\(server.url)/f/none/x", "--store", server.url, "-o", "x"]
            for (variables, status) in [
                (["SSL_CERT_FILE": authority.path, "SSL_CERT_DIR": "/nowhere"], 4),
                (["SSL_CERT_DIR": links, "SSL_CERT_FILE": "/nowhere"], 4),
                (["SSL_CERT_FILE": other.path, "SSL_CERT_DIR": "/nowhere"], 3),
                (["SSL_CERT_FILE": "/nowhere", "SSL_CERT_DIR": "/nowhere"], 2),
            ] as [([String: String], Int32)] {
                let run = try await CommandRun.run(
                    line + ["--max-retries", "0"], variables: variables)
                #expect(run.status == status, "\(variables): \(run.errors)")
            }
            // What is given replaces the system's.
            let given = try await CommandRun.run(
                line + ["--store-ca", other.path, "--max-retries", "0"],
                variables: ["SSL_CERT_FILE": authority.path])
            #expect(given.status == 3, "\(given.errors)")
        }
    }

    @Test func `options that do not fit are wrong usage, and files that cannot be used are told`()
        async throws
    {
        for arguments in [
            ["--tls-cert", certificate.chain], ["--tls-key", certificate.key],
            ["--tls-client-ca", authority.path], ["--tls-passphrase", "x"],
            ["--tls-cert", "", "--tls-key", certificate.key],
            ["--tls-cert", certificate.chain, "--tls-key", certificate.key, "--tls-client-ca", ""],
        ] {
            let run = try await CommandRun.run(
                ["serve", "--directory", folder.file("files")] + arguments)
            #expect(run.status == 2 && run.errors.contains("--tls-"), "\(run.errors)")
        }
        let missing = try await CommandRun.run(
            ["serve", "--directory", folder.file("files"), "--port", "0"]
                + ["--tls-cert", folder.file("none.pem"), "--tls-key", certificate.key])
        #expect(missing.status == 2 && missing.errors.contains("invalid_tls_configuration"))
        #expect(missing.errors.contains("none.pem"), "\(missing.errors)")
        for arguments in [
            ["--store-cert", certificate.chain], ["--store-key", certificate.key],
            ["--store-ca", ""], ["--store-passphrase", "x"],
        ] {
            let run = try await CommandRun.run(
                ["fetch", "https://127.0.0.1:1/f/1/x", "-o", folder.file("out")] + arguments)
            #expect(run.status == 2 && run.errors.contains("--store-"), "\(run.errors)")
        }
    }
}
