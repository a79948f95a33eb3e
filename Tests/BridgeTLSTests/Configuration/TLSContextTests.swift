import BridgeBytes
import BridgeTLS
import Foundation
import TestKit
import Testing

/// Certificates and keys that can, and cannot, be used.
@Suite(.needsOpenSSL) struct TLSContextTests {
    private static func refusal(_ configuration: TLSConfiguration) -> TLSError? {
        let error = #expect(throws: TLSError.self) { try TLSContext(configuration) }
        #expect(error?.reason == .configuration)
        #expect(error?.code == .invalidTLSConfiguration)
        return error
    }

    @Test func `an authority that is no certificate is refused with its path`() async throws {
        let authority = try await TestAuthority.make()
        let missing = Self.refusal(TLSConfiguration(trust: .file("/nowhere/ca.pem")))
        #expect(missing?.place == "/nowhere/ca.pem")
        let text = authority.file("text.pem")
        try Data("no certificate here\n".utf8).write(to: URL(fileURLWithPath: text))
        #expect(Self.refusal(TLSConfiguration(trust: .file(text)))?.place == text)
        #expect(Self.refusal(TLSConfiguration(trust: .file("/tmp"))) != nil)
        #expect(Self.refusal(TLSConfiguration(trust: .authorities([]))) != nil)
        #expect(Self.refusal(TLSConfiguration(trust: .authorities([.memory([])]))) != nil)
        let cut = Bytes(utf8: "-----BEGIN CERTIFICATE-----\nMIIB\n")
        #expect(Self.refusal(TLSConfiguration(trust: .authorities([.memory(cut)]))) != nil)
    }

    @Test func `an encrypted key needs its passphrase, and nobody is asked for it`() async throws {
        let authority = try await TestAuthority.make()
        let client = try await authority.issue(
            "client", usage: "clientAuth", passphrase: "S3CRETpass")
        func configuration(_ passphrase: String?) -> TLSConfiguration {
            TLSConfiguration(
                trust: .file(authority.path),
                identity: TLSIdentity(
                    chainFile: client.chain, keyFile: client.key, passphrase: passphrase))
        }
        #expect(throws: Never.self) { try TLSContext(configuration("S3CRETpass")) }
        for passphrase in [nil, "", "wrong"] {
            let error = Self.refusal(configuration(passphrase))
            #expect(error?.place == client.key)
        }
        let shown =
            "\(configuration("S3CRETpass"))" + String(reflecting: configuration("S3CRETpass"))
        #expect(!shown.contains("S3CRET"))
    }

    @Test func `a key that does not fit its certificate is refused`() async throws {
        let authority = try await TestAuthority.make()
        let one = try await authority.issue("one", usage: "clientAuth")
        let other = try await authority.issue("other", usage: "clientAuth")
        let identity = TLSIdentity(chainFile: one.chain, keyFile: other.key)
        #expect(
            Self.refusal(TLSConfiguration(trust: .file(authority.path), identity: identity))?
                .place == other.key)
        let swapped = TLSIdentity(chainFile: one.key, keyFile: one.chain)
        #expect(
            Self.refusal(TLSConfiguration(trust: .file(authority.path), identity: swapped)) != nil)
    }

    @Test func `certificates and keys may stand in memory`() async throws {
        let authority = try await TestAuthority.make()
        let client = try await authority.issue("client", usage: "clientAuth")
        func text(_ path: String) throws -> PEMSource {
            .memory(Bytes([UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))))
        }
        let configuration = TLSConfiguration(
            trust: .authorities([try text(authority.path)]),
            identity: TLSIdentity(chain: try text(client.chain), key: try text(client.key)))
        #expect(throws: Never.self) { try TLSContext(configuration) }
        #expect(!"\(configuration)".contains("BEGIN"))
    }

    @Test func `names of protocols have a length`() {
        var configuration = TLSConfiguration()
        configuration.acceptsAnyCertificateInsecurely = true
        configuration.applicationProtocols = [""]
        #expect(Self.refusal(configuration) != nil)
        configuration.applicationProtocols = [String(repeating: "x", count: 256)]
        #expect(Self.refusal(configuration) != nil)
    }

    @Test func `a cached context is used until its files change, and kept when they are broken`()
        async throws
    {
        let authority = try await TestAuthority.make()
        let client = try await authority.issue("client", usage: "clientAuth")
        let configuration = TLSConfiguration(
            trust: .file(authority.path),
            identity: TLSIdentity(chainFile: client.chain, keyFile: client.key))
        let cache = TLSContextCache()
        let first = try cache.context(for: configuration)
        #expect(try cache.context(for: configuration).context === first.context)
        // A rotation that is half done: the new certificate, and the old key.
        let old = try Data(contentsOf: URL(fileURLWithPath: client.key))
        _ = try await authority.issue("client", usage: "clientAuth")
        let new = try Data(contentsOf: URL(fileURLWithPath: client.key))
        try old.write(to: URL(fileURLWithPath: client.key), options: .atomic)
        let stale = try cache.context(for: configuration)
        #expect(stale.context === first.context)
        #expect(stale.staleness?.reason == .configuration)
        #expect(try cache.context(for: configuration).staleness != nil, "it goes on saying so")
        try new.write(to: URL(fileURLWithPath: client.key), options: .atomic)
        let second = try cache.context(for: configuration)
        #expect(second.context !== first.context)
        #expect(second.staleness == nil)
    }

    @Test func `broken files of a configuration that never worked are an error`() {
        let cache = TLSContextCache()
        #expect(throws: TLSError.self) {
            try cache.context(for: TLSConfiguration(trust: .file("/nowhere/ca.pem")))
        }
    }
}
