import BridgeBytes
import Foundation
import TestKit
import Testing

/// The command line against real servers with certificates.
@Suite(
    .needsNATSServer, .needsOpenSSL, .enabled(if: CommandRun.executable != nil, "not built"))
struct TLSCommandTests {
    private let host: String
    private let authority: TestAuthority
    private let certificate: TestAuthority.Certificate

    init() async throws {
        host = LoopbackAddress.unused()
        authority = try await TestAuthority.make()
        certificate = try await authority.issue("server", names: "DNS:localhost,IP:\(host)")
    }

    /// Runs a server with a certificate, and more text for its block of TLS.
    private func withServer(
        _ more: String = "", _ certificate: TestAuthority.Certificate? = nil,
        _ body: (NATSServerFixture) async throws -> Void
    ) async throws {
        let certificate = certificate ?? self.certificate
        let config = """
            tls {
              cert_file: "\(certificate.chain)"
              key_file: "\(certificate.key)"
              ca_file: "\(authority.path)"
              \(more)
            }
            """
        try await NATSServerFixture.run(jetStream: false, config: config, host: host, body)
    }

    private static func send(
        _ server: String, _ more: String..., variables: [String: String] = [:]
    ) async throws -> CommandRun {
        try await CommandRun.run(
            ["send", "a.b", "hi:text=hello", "--server", server, "--no-proxy"] + more,
            variables: variables)
    }

    @Test func `a message goes to a server with TLS, by options and by variables`() async throws {
        try await withServer { server in
            for scheme in ["tls", "nats"] {
                let url = "\(scheme)://\(server.address)"
                let run = try await Self.send(url, "--tlsca", authority.path)
                #expect(run.status == 0, "\(run.errors)")
                let other = try await Self.send(url, variables: ["NATS_CA": authority.path])
                #expect(other.status == 0, "\(other.errors)")
            }
            // Without the authority it is nobody's, and the system's do not know it.
            let foreign = try await Self.send("tls://\(server.address)")
            #expect(foreign.status == 3 && foreign.errors.contains("certificate_rejected"))
            #expect(foreign.errors.contains("--tlsca"))
        }
    }

    @Test func `a server that asks gets our certificate, with its key encrypted or not`()
        async throws
    {
        let plain = try await authority.issue("plain", usage: "clientAuth")
        let locked = try await authority.issue(
            "locked", usage: "clientAuth", passphrase: "S3CRETpass")
        try await withServer("verify: true") { server in
            let url = "tls://\(server.address)"
            let good = try await Self.send(
                url, "--tlsca", authority.path, "--tlscert", plain.chain, "--tlskey", plain.key)
            #expect(good.status == 0, "\(good.errors)")
            let opened = try await Self.send(
                url, "--tlsca", authority.path, "--tlscert", locked.chain, "--tlskey", locked.key,
                variables: ["NATS_KEY_PASSPHRASE": "S3CRETpass"])
            #expect(opened.status == 0, "\(opened.errors)")
            let wrong = try await Self.send(
                url, "--tlsca", authority.path, "--tlscert", locked.chain, "--tlskey", locked.key,
                "--tlspassphrase", "S3CRETwrong")
            #expect(wrong.status == 2 && wrong.errors.contains("invalid_tls_configuration"))
            #expect(!wrong.errors.contains("S3CRET"))
            let none = try await Self.send(url, "--tlsca", authority.path)
            #expect(none.status == 3 && none.errors.contains("tls_refused"), "\(none.errors)")
            #expect(none.errors.contains("--tlscert"))
            let half = try await Self.send(
                url, "--tlsca", authority.path, "--tlscert", plain.chain)
            #expect(half.status == 2 && half.errors.contains("needs its key"), "\(half.errors)")
        }
    }

    @Test func `a certificate for another name, or out of its time, is told without --tlsca`()
        async throws
    {
        let other = try await authority.issue("other", names: "DNS:other.test")
        try await withServer("", other) { server in
            let run = try await Self.send("tls://\(server.address)", "--tlsca", authority.path)
            #expect(run.status == 3 && run.errors.contains("the certificate is for"))
            #expect(!run.errors.contains("--tlsca"))
        }
        let old = try await authority.issue("old", names: "IP:\(host)", .expired)
        try await withServer("", old) { server in
            let run = try await Self.send("tls://\(server.address)", "--tlsca", authority.path)
            #expect(run.status == 3 && run.errors.contains("expired"), "\(run.errors)")
            #expect(!run.errors.contains("--tlsca"))
        }
    }

    @Test func `TLS comes first where that is asked for, and is suggested where it is not`()
        async throws
    {
        try await withServer("handshake_first: true, timeout: 0.2") { server in
            let url = "tls://\(server.address)"
            let run = try await Self.send(url, "--tlsca", authority.path, "--tlsfirst")
            #expect(run.status == 0, "\(run.errors)")
            let late = try await Self.send(url, "--tlsca", authority.path)
            #expect(late.status == 3 && late.errors.contains("--tlsfirst"), "\(late.errors)")
        }
    }

    @Test func `a server without TLS gets no password of an address that asks for it`()
        async throws
    {
        try await NATSServerFixture.run(jetStream: false) { server in
            let run = try await Self.send(
                "tls://bob:S3CRETpw@\(server.address)", "--tlsca", authority.path)
            #expect(run.status == 2 && run.errors.contains("nothing was sent"), "\(run.errors)")
            #expect(!run.errors.contains("S3CRET"))
        }
    }

    @Test func `a context of the nats tools says how TLS is to be`() async throws {
        let client = try await authority.issue("client", usage: "clientAuth")
        try await withServer("verify: true, handshake_first: true") { server in
            let folder = try TemporaryDirectory()
            let contexts = folder.file("nats/context")
            try FileManager.default.createDirectory(
                atPath: contexts, withIntermediateDirectories: true)
            try TestFile.write(
                """
                {"url": "nats://\(server.address)", "ca": "\(authority.path)",
                 "cert": "\(client.chain)", "key": "\(client.key)", "tls_first": true}
                """, to: contexts + "/safe.json")
            try TestFile.write("safe", to: folder.file("nats/context.txt"))
            let variables = ["XDG_CONFIG_HOME": folder.path]
            for arguments in [["--context", "safe"], []] {
                let run = try await CommandRun.run(
                    ["send", "a.b", "hi:text=hello", "--no-proxy"] + arguments,
                    variables: variables)
                #expect(run.status == 0, "\(run.errors)")
            }
        }
    }
}
