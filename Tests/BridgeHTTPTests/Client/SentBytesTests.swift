import BridgeBytes
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// What a sender is told of how much of a body has been sent.
@Suite(.patient) struct SentBytesTests {
    private final class Account: Sendable {
        private let counts = Mutex<[Int]>([])
        func note(_ count: Int) { counts.withLock { $0.append(count) } }
        var all: [Int] { counts.withLock { $0 } }
    }

    private static let pieces = Segments([
        Bytes([UInt8](repeating: 1, count: 3_000_000)), Bytes([2]),
        Bytes([UInt8](repeating: 3, count: 1_000_000)),
    ])

    /// Sends the pieces as the second request of a connection, which serves one or dies there.
    private func send(dying: Bool) async throws -> [Int] {
        let server = try ScriptedServer { connection, number in
            while let (_, body) = connection.readRequest(hasBody: true) {
                if dying, number == 0, !body.isEmpty { return }
                connection.send("HTTP/1.1 201 X\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let url = try HTTPURL("http://127.0.0.1:\(server.port)/x")
        let client = try HTTPClient()
        _ = try await client.send(HTTPRequest("PUT", url)).collect(limit: 0)
        let account = Account()
        let body = HTTPBody.segments(Self.pieces) { account.note($0) }
        let response = try await client.send(HTTPRequest("PUT", url), body: body)
        #expect(response.status == 201)
        #expect(server.connectionCount == (dying ? 2 : 1))
        return account.all
    }

    @Test func `it grows to the whole, and the head is none of it`() async throws {
        let told = try await send(dying: false)
        #expect(told.last == Self.pieces.byteCount)
        #expect(zip(told, told.dropFirst()).allSatisfy { $0 < $1 } && told.first ?? 0 > 0)
    }

    @Test func `what is sent again is told again`() async throws {
        let told = try await send(dying: true)
        #expect(told.last == Self.pieces.byteCount)
        #expect(told.allSatisfy { 0 < $0 && $0 <= Self.pieces.byteCount })
        #expect(zip(told, told.dropFirst()).contains { $0 >= $1 })
    }

    @Test func `nobody is told of what a refused request has not sent`() async throws {
        let server = try ScriptedServer { connection, _ in
            _ = connection.readHead()
            connection.send("HTTP/1.1 507 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            _ = connection.read(1)
        }
        let large = Segments([Bytes](repeating: Self.pieces[0], count: 30))
        let account = Account()
        let url = try HTTPURL("http://127.0.0.1:\(server.port)/x")
        let response = try await HTTPClient().send(
            HTTPRequest("PUT", url), body: .segments(large) { account.note($0) })
        #expect(response.status == 507)
        #expect(account.all.allSatisfy { $0 < large.byteCount })
    }
}
