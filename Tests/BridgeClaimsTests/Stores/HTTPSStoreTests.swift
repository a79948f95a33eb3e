import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// Payloads in a file server behind TLS.
@Suite(.needsOpenSSL, .patient) struct HTTPSStoreTests {
    private struct Setting {
        let server: FileServer
        let client: HTTPClient

        func store(port: Int? = nil) throws -> FileServerStore {
            try FileServerStore(
                baseURL: HTTPURL("https://127.0.0.1:\(port ?? server.port)"), client: client)
        }
    }

    private func with(
        _ change: (inout FileServerOptions) -> Void = { _ in },
        _ body: (Setting) async throws -> Void
    ) async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.issue("server")
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        options.tls = TLSServerConfiguration(
            identity: TLSIdentity(chainFile: certificate.chain, keyFile: certificate.key))
        change(&options)
        var settings = HTTPClientOptions()
        settings.tls.trust = .file(authority.path)
        let client = try HTTPClient(settings)
        let server = try await FileServer.start(options)
        do { try await body(Setting(server: server, client: client)) } catch {
            await server.stop()
            throw error
        }
        client.close()
        await server.stop()
    }

    private static func content(_ count: Int) -> Bytes {
        var generator = SeededGenerator(seed: 11)
        return Bytes(generator.bytes(count))
    }

    @Test func `what is stored is fetched, and its link is https`() async throws {
        try await with { setting in
            let store = try setting.store()
            for count in [0, 1, 5_000_000] {
                let bytes = Self.content(count)
                let claim = try await store.upload(
                    ClaimContent(name: "x", segments: [bytes]), correlationID: "")
                #expect(claim.url.hasPrefix("https://127.0.0.1:\(setting.server.port)/f/"))
                let got = try await store.download(
                    ClaimDownload(
                        url: claim.url,
                        expectedChecksum: Checksum(of: bytes, .sha256).description))
                #expect(got == bytes)
                // The same place in the clear is another origin.
                let plain = "http" + claim.url.dropFirst(5)
                let error = await #expect(throws: ClaimError.self) {
                    try await store.download(ClaimDownload(url: plain))
                }
                #expect(error?.code == .linkRefused)
            }
        }
    }

    @Test(arguments: ["http://files.example", "http://127.0.0.2:9"])
    func `an answer in the clear makes no link in the clear`(publicURL: String) async throws {
        try await with {
            $0.publicBaseURL = publicURL
        } _: { setting in
            let claim = try await setting.store().upload(
                ClaimContent(name: "x", segments: [Bytes([1])]), correlationID: "")
            #expect(claim.url.hasPrefix("https://127.0.0.1:\(setting.server.port)/f/"))
        }
    }

    @Test func `a download that is cut goes on where it was`() async throws {
        try await with { setting in
            let bytes = Self.content(3_000_000)
            let claim = try await setting.store().upload(
                ClaimContent(name: "x", segments: [bytes]), correlationID: "")
            let proxy = try FaultProxy(to: setting.server.port)
            proxy.set(.with { $0.limit = 1_000_000 }, .toClient)
            var download = ClaimDownload(
                url: claim.url.replacing(
                    ":\(setting.server.port)/", with: ":\(proxy.port)/"),
                expectedChecksum: Checksum(of: bytes, .sha256).description)
            download.retry.base = .milliseconds(1)
            download.retry.maxAttempts = 20
            let got = try await setting.store(port: proxy.port).download(download)
            // Begun anew each time it would never come to its end.
            #expect(got == bytes)
        }
    }

    @Test func `a store that cannot be trusted is told at once, with TLS's own words`()
        async throws
    {
        try await with { setting in
            let other = try await TestAuthority.make("other CA")
            var settings = HTTPClientOptions()
            settings.tls.trust = .file(other.path)
            let store = try FileServerStore(
                baseURL: HTTPURL(setting.server.baseURL), client: HTTPClient(settings))
            let error = await #expect(throws: ClaimError.self) {
                _ = try await store.upload(
                    ClaimContent(name: "x", segments: [Bytes([1])]), correlationID: "")
            }
            #expect(error?.code == .certificateRejected && error?.attempts == 1)
            #expect(error?.httpError?.tls?.reason == .certificate(number: 20))
        }
    }
}
