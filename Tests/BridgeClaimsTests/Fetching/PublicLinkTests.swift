import BridgeBytes
import BridgeClaims
import BridgeHTTP
import BridgeSockets
import Foundation
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Links that lead anywhere in public: the addresses decide, once (failures.md H1, H2).
@Suite(.patient) struct PublicLinkTests {
    /// Names with an answer for each time that they are looked up, the last one for ever.
    private final class Names: Sendable {
        let asked = Mutex(0)
        private let answers: [[String]]

        init(_ answers: [String]...) { self.answers = answers }

        var count: Int { asked.withLock { $0 } }

        /// - Parameter open: Addresses that count as public.
        func names(open: Set<String>) -> PublicNames {
            PublicNames { _, port in
                let number = self.asked.withLock { asked in
                    defer { asked += 1 }
                    return asked
                }
                let hosts = self.answers[min(number, self.answers.count - 1)]
                return hosts.compactMap { Address(numericHost: $0, port: port) }
            } isPublic: {
                open.contains($0.host)
            }
        }
    }

    private func download(
        _ link: String, _ names: PublicNames, ports: Set<Int>
    ) async throws -> Result<Bytes, ClaimError> {
        var retry = RetryPolicy()
        retry.base = .milliseconds(1)
        retry.maxAttempts = 3
        let store = try FileServerStore(
            baseURL: HTTPURL("http://store.example"), publicBaseURL: nil, client: nil,
            retry: retry, names: names)
        var policy = store.linkPolicy
        policy.publicPorts = ports
        do throws(ClaimError) {
            return .success(
                try await store.download(ClaimDownload(url: link, retry: retry, policy: policy)))
        } catch {
            return .failure(error)
        }
    }

    private func error(_ result: Result<Bytes, ClaimError>) -> ClaimError? {
        if case .failure(let error) = result { error } else { nil }
    }

    @Test("A name that changes its answer is connected to where it was judged")
    func changingAnswer() async throws {
        let hosts = Mutex<[String]>([])
        let server = try ScriptedServer { connection, number in
            while let head = connection.readHead() {
                hosts.withLock { $0.append(head) }
                // The first attempt fails, so that there is a second.
                if number == 0 { return }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let names = Names(["127.0.0.1"], ["127.0.0.2"])
        let result = try await download(
            "http://pictures.example:\(server.port)/x", names.names(open: ["127.0.0.1"]),
            ports: [server.port])
        #expect(try result.get() == Bytes(utf8: "ok"))
        #expect(names.count == 1 && server.connectionCount == 2)
        #expect(
            hosts.withLock { $0 }.allSatisfy {
                $0.contains("Host: pictures.example:\(server.port)\r\n")
            })
    }

    @Test("One address that is not public refuses the name, and nothing is connected to")
    func mixedAnswer() async throws {
        let server = try ScriptedServer { connection, _ in connection.readToEnd() }
        let names = Names(["127.0.0.1", "10.0.0.1"])
        let result = try await download(
            "http://pictures.example:\(server.port)/x", names.names(open: ["127.0.0.1"]),
            ports: [server.port])
        let refusal = try #require(error(result))
        #expect(refusal.code == .linkRefused && refusal.detail.contains("\"address\""))
        #expect(refusal.detail.contains("10.0.0.1") && server.connectionCount == 0)
    }

    @Test("A redirection is not followed, least of all inside")
    func redirection() async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readHead() != nil {
                connection.send(
                    "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\n"
                        + "Content-Length: 0\r\n\r\n")
            }
        }
        let names = Names(["127.0.0.1"])
        let result = try await download(
            "http://pictures.example:\(server.port)/x", names.names(open: ["127.0.0.1"]),
            ports: [server.port])
        #expect(error(result)?.code == .unexpectedAnswer && error(result)?.status == 302)
        #expect(server.connectionCount == 1)
    }

    private struct Vector: Decodable {
        let url: String
        let verdict: String
    }

    @Test("Every address of the vectors is refused that is not public", .needsSharedData)
    func vectors() async throws {
        let lines = Array(try SharedData.bytes("http/ssrf-urls.jsonl")).split(separator: 0x0A)
        let inside = ["127.", "10.", "192.168.", "172.16.", "169.254.", "[", "0", "100.64."]
        var count = 0
        for line in lines {
            let vector = try JSONDecoder().decode(Vector.self, from: Data(line))
            let host = vector.url.dropFirst(7)
            guard vector.verdict == "refuse", inside.contains(where: { host.hasPrefix($0) })
            else { continue }
            count += 1
            // The system reads the odd spellings, such as 0x7f000001, and they are judged then.
            let result = try await download(vector.url, PublicNames(), ports: [80, 8080])
            #expect(error(result)?.code == .linkRefused, "\(vector.url)")
        }
        #expect(count >= 12)
    }
}
