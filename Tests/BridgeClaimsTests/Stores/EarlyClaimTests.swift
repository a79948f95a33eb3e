import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// What becomes of announcements, and of what is brought behind them.
@Suite struct EarlyClaimTests {
    private static let date = "Date: Sun, 29 Nov 2026 12:00:00 GMT\r\n"

    /// A store that answers 202 to the announcements it hears, and 201 to their bytes, which it
    /// keeps until then.
    private static func announce(
        refusing count: Int = 0, conflicts: Int = 0,
        keptUntil end: String = "2026-11-29T13:00:00Z"
    ) async throws -> (claim: EarlyClaim?, announcements: Int, server: ScriptedServer) {
        let heard = Atomic(0)
        let brought = Atomic(0)
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                if head.hasPrefix("POST "), heard.add(1, ordering: .relaxed).newValue <= count {
                    // Nobody says what became of it.
                    return
                }
                var status = head.hasPrefix("POST ") ? "202 Accepted" : "201 Created"
                if head.hasPrefix("PUT "), brought.add(1, ordering: .relaxed).newValue <= conflicts
                {
                    status = "409 Conflict"
                }
                let expiry = head.hasPrefix("POST ") ? "2026-11-29T13:00:00Z" : end
                connection.send(
                    "HTTP/1.1 \(status)\r\n\(date)Expires-At: \(expiry)\r\n"
                        + "Content-Length: 0\r\n\r\n")
            }
        }
        var retry = RetryPolicy()
        retry.base = .milliseconds(1)
        let store = try FileServerStore(
            baseURL: HTTPURL("http://127.0.0.1:\(server.port)"), retry: retry)
        let content = ClaimContent(name: "x", segments: [Bytes([1, 2, 3])])
        let claim = try await store.announce(content, correlationID: "c")
        return (claim, heard.load(ordering: .relaxed), server)
    }

    @Test func `an announcement whose answer is lost is said again`() async throws {
        let (claim, announcements, server) = try await Self.announce(refusing: 2)
        #expect(announcements == 3)
        #expect(try await #require(claim).complete() == nil)
        withExtendedLifetime(server) {}
    }

    /// An attempt that a proxy had held up came behind the one that counts, and took its place.
    @Test(arguments: [(1, true), (3, true), (9, false)])
    func `who is put aside by an attempt of its own comes again`(
        _ conflicts: Int, _ isStored: Bool
    ) async throws {
        let (claim, _, server) = try await Self.announce(conflicts: conflicts)
        let error = try await #require(claim).complete()
        #expect((error == nil) == isStored)
        withExtendedLifetime(server) {}
    }

    @Test func `what its time to live did not outlast is no success`() async throws {
        let (claim, _, server) = try await Self.announce(keptUntil: "2026-11-29T12:00:00Z")
        let error = try await #require(claim).complete()
        #expect(error?.code == .payloadExpired)
        withExtendedLifetime(server) {}
    }
}
