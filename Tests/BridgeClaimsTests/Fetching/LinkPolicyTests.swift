import BridgeBytes
import BridgeClaims
import Foundation
import HTTPWire
import TestKit
import Testing

@Suite struct LinkPolicyTests {
    private let store: HTTPURL.Origin
    private var policy: LinkPolicy { LinkPolicy(allowing: [store]) }

    init() throws { store = try HTTPURL("http://files.example:8080").origin }

    private struct Vector: Decodable {
        let url: String
        let verdict: String
        let why: String
    }

    @Test("Only the listed origin, in whatever spelling", .needsSharedData)
    func vectors() throws {
        let lines = Array(try SharedData.bytes("http/ssrf-urls.jsonl")).split(separator: 0x0A)
        #expect(lines.count >= 30)
        for line in lines {
            let vector = try JSONDecoder().decode(Vector.self, from: Data(line))
            let isAllowed = (try? policy.check(vector.url)) != nil
            #expect(
                isAllowed == (vector.verdict == "allow"), "\(vector.url.prefix(80)): \(vector.why)")
        }
    }

    @Test("Host, port and scheme count; the path does not")
    func origins() {
        #expect((try? policy.check("http://files.example:8080/a/b?c"))?.target == "/a/b?c")
        for link in [
            "http://files.example/", "https://files.example:8080/", "http://a.files.example:8080/",
            "http://files.example:8081/", "http://user@files.example:8080/",
            "http://files.example:8080/x#y", "//files.example:8080/", "/x", "",
        ] {
            #expect(throws: ClaimError.self, "\(link)") { try policy.check(link) }
        }
    }

    @Test("Another name for the store is replaced, path and query kept")
    func replacement() throws {
        var policy = policy
        let local = try HTTPURL("http://localhost").origin
        #expect(throws: ClaimError.self) { try policy.check("http://localhost/x?y") }
        policy.replacements[local] = store
        #expect(try policy.check("http://localhost/x?y").text == "http://files.example:8080/x?y")
    }

    @Test("A refusal shows no secret")
    func redaction() {
        do {
            _ = try policy.check("http://u:planted@evil.example/p?key=planted")
            Issue.record("allowed")
        } catch {
            #expect(error.code == .linkRefused)
            #expect(error.url == "http://evil.example/p?…")
            #expect(!error.description.contains("planted"))
        }
    }
}
