import BridgeBytes
import BridgeCommand
import Foundation
import TestKit
import Testing

/// When certificates end, beside what the `openssl` tool says of them.
@Suite("Certificate life")
struct CertificateLifeTests {
    private func certificate() async throws -> (path: String, text: Bytes, owner: TestAuthority) {
        let authority = try await TestAuthority.make()
        let issued = try await authority.issue("localhost")
        let text = try Data(contentsOf: URL(fileURLWithPath: issued.chain))
        return (issued.chain, Bytes(Array(text)), authority)
    }

    @Test(.needsOpenSSL) func `the end is the one that openssl reads`() async throws {
        let (path, text, owner) = try await certificate()
        let run = try await ShellRun(server: "").run(
            "openssl x509 -noout -enddate -dateopt iso_8601 -in '\(path)'")
        let told = try #require(run.lines.first?.split(separator: "=").last)
        let end = try #require(CertificateLife.earliestEnd(inPEM: text))
        #expect(end == Timestamp(String(told).replacing(" ", with: "T")))
        _ = owner
    }

    @Test(.needsOpenSSL) func `of several the first end counts`() async throws {
        let (_, text, owner) = try await certificate()
        let one = try #require(CertificateLife.earliestEnd(inPEM: text))
        let both = Bytes(Array(text) + Array(text))
        #expect(CertificateLife.earliestEnd(inPEM: both) == one)
        _ = owner
    }

    @Test(.needsOpenSSL) func `no part and no damage of one is a trap`() async throws {
        let (_, text, owner) = try await certificate()
        let lines = String(repairing: text).split(separator: "\n").filter { !$0.hasPrefix("-") }
        let data = try #require(Data(base64Encoded: lines.joined()))
        let der = Array(data)
        let end = CertificateLife.end(inDER: Bytes(der))
        #expect(end != nil)
        for count in der.indices {
            #expect(CertificateLife.end(inDER: Bytes(Array(der[..<count]))) == nil)
        }
        var generator = SeededGenerator("certificates")
        var changed = 0
        for _ in 0..<2000 {
            var damaged = der
            let place = Int.random(in: 0..<min(200, der.count), using: &generator)
            damaged[place] = UInt8.random(in: 0...255, using: &generator)
            if CertificateLife.end(inDER: Bytes(damaged)) != end { changed += 1 }
        }
        #expect(changed > 0)
        _ = owner
    }

    @Test(arguments: [
        "", "x", "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
    ]) func `what is no certificate has no end`(_ text: String) {
        #expect(CertificateLife.earliestEnd(inPEM: Bytes(utf8: text)) == nil)
    }
}
