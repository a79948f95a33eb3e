import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// What an answer to an upload is worth (failures.md B2, F8, H3).
@Suite(.patient) struct StoreAnswerTests {
    private func upload(
        _ bytes: Bytes = [1, 2, 3], to server: ScriptedServer, isPlik: Bool = false,
        change: (inout ClaimContent) -> Void = { _ in }
    ) async throws -> Result<Claim, ClaimError> {
        var retry = RetryPolicy()
        retry.base = .milliseconds(1)
        let base = try HTTPURL("http://127.0.0.1:\(server.port)")
        let store: any ClaimStore =
            isPlik
            ? try PlikStore(baseURL: base, retry: retry)
            : try FileServerStore(baseURL: base, retry: retry)
        var content = ClaimContent(name: "x", segments: [bytes])
        change(&content)
        do throws(ClaimError) {
            return .success(try await store.upload(content, correlationID: "c"))
        } catch {
            return .failure(error)
        }
    }

    private func error(_ result: Result<Claim, ClaimError>) -> ClaimError? {
        if case .failure(let error) = result { error } else { nil }
    }

    @Test("201 before the payload was read is not stored, and is taken back")
    func early() async throws {
        let methods = Mutex<[String]>([])
        let held = Mutex<[ScriptedConnection]>([])
        let server = try ScriptedServer { connection, _ in
            guard let head = connection.readHead() else { return }
            methods.withLock { $0.append(String(head.prefix { $0 != " " })) }
            connection.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
            held.withLock { $0.append(connection) }
        }
        // More than the buffers of both sides hold.
        let result = try await upload(
            Bytes([UInt8](repeating: 7, count: 64 << 20)), to: server)
        #expect(error(result)?.code == .unexpectedAnswer && error(result)?.status == 201)
        #expect(error(result)?.detail.contains("before it had read") == true)
        #expect(methods.withLock { $0 } == ["PUT", "DELETE"])
    }

    @Test(
        "A success that is none of an upload is not one, for either store",
        arguments: [202, 203, 205, 206, 207, 226])
    func otherSuccess(status: Int) async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n")
            }
        }
        for isPlik in [false, true] {
            let result = try await upload(to: server, isPlik: isPlik)
            #expect(error(result)?.code == .unexpectedAnswer, "\(status)")
        }
    }

    @Test("A web page is no store's answer, and an answer without a body is")
    func webPage() async throws {
        for (status, type, isStored) in [
            (200, "text/html; charset=utf-8", false), (200, "application/json", true),
            (200, "", true), (201, "text/html", true), (204, "", true),
        ] {
            let server = try ScriptedServer { connection, _ in
                while connection.readRequest() != nil {
                    let field = type.isEmpty ? "" : "Content-Type: \(type)\r\n"
                    let length = status == 204 ? "" : "Content-Length: 0\r\n"
                    connection.send("HTTP/1.1 \(status) X\r\n\(field)\(length)\r\n")
                }
            }
            let result = try await upload(to: server)
            #expect((error(result) == nil) == isStored, "\(status) \(type)")
        }
    }

    @Test("A store that keeps a payload for less time says so, and a fraction is rounded up")
    func life() async throws {
        let heads = Mutex<[String]>([])
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                heads.withLock { $0.append(head) }
                connection.send(
                    "HTTP/1.1 201 Created\r\nDate: Sun, 01 Nov 2026 12:00:00 GMT\r\n"
                        + "Expires-At: 2026-11-01T13:00:00.000Z\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let claim = try await upload(to: server) { $0.timeToLive = .milliseconds(86_400_001) }.get()
        #expect(claim.grantedLife == .seconds(3600))
        #expect(heads.withLock { $0 }.first?.contains("X-TTL: 86401\r\n") == true)
        for life in [Duration.zero, .seconds(-1)] {
            let result = try await upload(to: server) { $0.timeToLive = life }
            #expect(error(result)?.code == .invalidArgument)
        }
    }

    @Test("What Plik makes of a time to live is told")
    func plikLife() async throws {
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                let answer =
                    head.hasPrefix("POST /upload")
                    ? #"{"id":"a","uploadToken":"t","ttl":60,"creation":"2026-11-01T12:00:00Z"}"#
                    : #"{"id":"b","fileName":"x"}"#
                connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)")
            }
        }
        let claim = try await upload(to: server, isPlik: true).get()
        #expect(claim.grantedLife == .seconds(60))
        #expect(claim.expiresAt == Timestamp("2026-11-01T12:01:00Z"))
    }

    @Test("What a store's URL would lose is refused")
    func lostParts() throws {
        for text in ["http://u:planted@127.0.0.1/", "http://127.0.0.1/?ttl=60", "http://u@a.b"] {
            let url = try HTTPURL(text)
            for make in [
                { _ = try FileServerStore(baseURL: url) }, { _ = try PlikStore(baseURL: url) },
                { _ = try FileServerStore(baseURL: try HTTPURL("http://a.b"), publicBaseURL: url) },
            ] {
                let error = #expect(throws: HTTPError.self) { try make() }
                #expect(error?.code == .invalidURL)
                #expect(error?.description.contains("planted") == false)
            }
        }
    }

    @Test("The kind of content travels with it")
    func contentType() async throws {
        let heads = Mutex<[String]>([])
        let server = try ScriptedServer { connection, _ in
            while let (head, body) = connection.readRequest() {
                heads.withLock { $0.append(head + String(decoding: body, as: UTF8.self)) }
                let answer = #"{"id":"a","uploadToken":"t","fileName":"x"}"#
                connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)")
            }
        }
        _ = try await upload(to: server) { $0.contentType = "image/png" }.get()
        _ = try await upload(to: server) { $0.contentType = "a\r\nX: y" }.get()
        _ = try await upload(to: server, isPlik: true) { $0.contentType = "image/png" }.get()
        let seen = heads.withLock { $0 }
        #expect(seen[0].contains("Content-Type: image/png\r\n"))
        #expect(seen[1].contains("Content-Type: application/octet-stream\r\n"))
        #expect(seen[3].contains("Content-Type: image/png\r\n\r\n"))
    }
}
