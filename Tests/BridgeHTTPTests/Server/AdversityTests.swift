import BridgeBytes
import BridgeHTTP
import Glibc
import HTTPWire
import TestKit
import Testing

/// Peers that are slow, many, or gone (failures.md F2, F4, F12).
@Suite struct AdversityTests {
    private static let size = 20_000_000

    /// A server that holds one large file.
    private static func withLargeFile(
        _ adjust: (inout FileServerOptions) -> Void = { _ in },
        _ body: (RunningServer, _ path: String) async throws -> Void
    ) async throws {
        try await RunningServer.with(adjust) { running in
            let path = "/f/\(TestID.of(1))/x"
            let put = try await running.client {
                try $0.request("PUT", path, body: [UInt8](repeating: 7, count: size))
            }
            #expect(put.status == 201)
            try await body(running, path)
        }
    }

    @Test func `a client that leaves during its download does no harm`() async throws {
        try await Self.withLargeFile { running, path in
            for round in 0..<6 {
                try await running.client { client throws in
                    client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                    if round % 2 == 0 { client.resetOnClose() }
                    if round > 2 { #expect(try client.interim() == 200) }
                }
            }
            let got = try await running.client { try $0.request("GET", path) }
            #expect(got.body.count == Self.size)
            // All but the last request were counted, though none of them was answered whole.
            #expect(running.server.counters.downloads == 7)
        }
    }

    @Test func `a reader that stops reading is cut off`() async throws {
        try await Self.withLargeFile { options in
            options.idleTimeout = .seconds(1)
        } _: { running, path in
            let error = try await running.client { client throws -> ErrorCode? in
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                // Nothing is read before the server has given up.
                while running.server.openConnections > 0 || running.server.counters.downloads == 0 {
                    sched_yield()
                }
                do { _ = try client.answer() } catch let error as HTTPWireError {
                    return error.code
                }
                return nil
            }
            #expect(error == .truncated)
        }
    }

    @Test func `an upload that stops coming is cut off and leaves nothing`() async throws {
        try await RunningServer.with { options in
            options.idleTimeout = .seconds(1)
        } _: { running in
            try await running.client { client throws in
                client.send(
                    "PUT /f/\(TestID.of(1))/x HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n"
                        + "\r\nhello"
                )
                let answer = try client.answer(to: "PUT")
                #expect(answer.status == 408 && !answer.isReusable)
                #expect(try client.isClosedByPeer())
            }
            await running.server.stop()
            #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
        }
    }

    @Test func `many slow clients do not keep a quick one waiting`() async throws {
        try await RunningServer.with { running in
            let port = running.port
            try await running.client { client throws in
                var slow: [SlowClient] = []
                for number in 0..<300 {
                    slow.append(try SlowClient(port: port, sending: number % 2 == 0))
                }
                let put = try client.request("PUT", "/f/\(TestID.of(1))/x", body: [1])
                #expect(put.status == 201)
                // Connections are accepted in their order: when the last one is answered, all are.
                #expect(try Self.healthStatus(port) == 200)
                #expect(running.server.openConnections >= 301)
                #expect(slow.count == 300)
            }
        }
    }

    /// Not on the shared pool, whose threads other tests may hold for long.
    private static func stopSoon(_ server: FileServer) {
        RawClient.start { await server.stop() }
    }

    private static func healthStatus(_ port: Int) throws -> Int {
        var client = try RawClient(port: port)
        return try client.request("GET", "/healthz").status
    }

    /// A box, since an array cannot hold what cannot be copied.
    private final class SlowClient {
        private let client: RawClient

        init(port: Int, sending: Bool) throws {
            client = try RawClient(port: port)
            if sending { client.send("GET /healthz HTTP/1.1\r\nHo") }
        }
    }

    @Test func `stopping in the middle of an upload leaves nothing`() async throws {
        let running = try await RunningServer()
        let server = running.server
        let isClosed = try await running.client { client throws in
            client.send(
                "PUT /f/\(TestID.of(1))/x HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n"
                    + "Expect: 100-continue\r\n\r\n"
            )
            #expect(try client.interim() == 100)
            client.send("hello")
            Self.stopSoon(server)
            return try client.isClosedByPeer()
        }
        #expect(isClosed)
        await server.stop()
        #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
        #expect(server.openConnections == 0)
    }

    @Test func `a body in chunks that outgrows the store is refused on the way`() async throws {
        try await RunningServer.with { options in
            options.maximumStoredBytes = 100_000
        } _: { running in
            try await running.client { client throws in
                client.send(
                    "PUT /f/\(TestID.of(1))/x HTTP/1.1\r\nHost: a\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n"
                )
                let chunk = "9c40\r\n" + String(repeating: "y", count: 40_000) + "\r\n"
                for _ in 0..<3 { client.send(chunk) }
                let answer = try client.answer(to: "PUT")
                #expect(answer.status == 507 && !answer.isReusable)
            }
            await running.server.stop()
            #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
        }
    }
}
