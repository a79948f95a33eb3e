import BridgeBytes
import BridgeClaims
import Foundation
import HTTPWire
import TestKit
import Testing

/// Rows of failures.md: B5, H1, H3.
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

    @Test("On the loopback the names of this machine are one store, at its port only")
    func loopbackNames() throws {
        for name in ["localhost", "127.0.0.1", "[::1]"] {
            let base = try HTTPURL("http://\(name):8080")
            let policy = LinkPolicy(of: base, publicURL: nil)
            for other in ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"] {
                let url = try policy.check("http://\(other):8080/f/x?y")
                #expect(url.text == "http://\(name):8080/f/x?y")
                #expect(throws: ClaimError.self) { try policy.check("http://\(other):8081/f") }
            }
            #expect(throws: ClaimError.self) { try policy.check("http://127.0.0.2:8080/f") }
            #expect(throws: ClaimError.self) { try policy.check("https://localhost:8080/f") }
        }
        let elsewhere = LinkPolicy(of: try HTTPURL("http://files.example:8080"), publicURL: nil)
        #expect(throws: ClaimError.self) { try elsewhere.check("http://localhost:8080/f") }
    }

    @Test("The public name of a store is its own origin")
    func publicName() throws {
        let policy = LinkPolicy(
            of: try HTTPURL("http://127.0.0.1:8080"),
            publicURL: try HTTPURL("http://localhost:8080"))
        #expect(try policy.check("http://localhost:8080/a").host == "localhost")
        #expect(try policy.check("http://127.0.0.1:8080/a").host == "127.0.0.1")
    }

    @Test("A refusal names the rule")
    func rules() {
        func rule(_ link: String, _ ports: Set<Int> = []) -> String? {
            var policy = policy
            policy.publicPorts = ports
            do {
                _ = try policy.check(link)
                return nil
            } catch {
                return error.detail.split(separator: "\"").last { $0 != ")" }.map(String.init)
            }
        }
        #expect(rule("http://other.example/") == "origin")
        #expect(rule("ftp://files.example:8080/") == "url")
        #expect(rule("http://u@files.example:8080/") == "user_info")
        #expect(rule("http://files.example:8080/#x") == "fragment")
        #expect(
            rule("http://files.example:8080/" + String(repeating: "x", count: 9000)) == "length")
        #expect(rule("http://other.example:22/", [80]) == "port")
        #expect(rule("http://other.example/", [80]) == "origin")
        #expect(rule("http://files.example:8080/", [80]) == nil)
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
