import BridgeBytes
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// How exchanges end before their time.
extension HTTPClientTests {
    @Test("Each limit in time has its own code")
    func timeouts() async throws {
        let server = try ScriptedServer { connection, _ in
            guard let (head, _) = connection.readRequest() else { return }
            if head.contains("/stall") {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
            }
            connection.readToEnd()
        }
        let impatient = try client { $0.firstByteTimeout = .milliseconds(50) }
        let silent = await code {
            _ = try await impatient.send(HTTPRequest("GET", try url(server)))
        }
        #expect(silent == .firstByteTimeout)
        let restless = try client { $0.idleTimeout = .milliseconds(50) }
        let stalled = await code {
            let request = HTTPRequest("GET", try url(server, "/stall"))
            _ = try await restless.send(request).collect(limit: 100)
        }
        #expect(stalled == .idleTimeout)
        try await within("both connections") {
            while server.connectionCount < 2 { await Task.yield() }
        }
        let bounded = try client { $0.totalTimeout = .milliseconds(50) }
        let total = await code { _ = try await bounded.send(HTTPRequest("GET", try url(server))) }
        #expect(total == .totalTimeout)
        let deaf = try DeafListener()
        let lonely = try client { $0.connectTimeout = .milliseconds(50) }
        let unconnected = await code {
            let target = try HTTPURL("http://127.0.0.1:\(deaf.port)/")
            _ = try await lonely.send(HTTPRequest("GET", target))
        }
        #expect(unconnected == .connectTimeout)
        let hurried = try client { $0.connectTimeout = .seconds(3600) }
        let late = await code {
            let target = try HTTPURL("http://127.0.0.1:\(deaf.port)/")
            _ = try await hurried.send(HTTPRequest("GET", target), within: .milliseconds(50))
        }
        #expect(late == .totalTimeout, "the total bounds connecting too")
    }

    @Test("Cancelling ends the exchange and the connection")
    func cancellation() async throws {
        let (arrived, continuation) = AsyncStream<Void>.makeStream()
        let (ended, endContinuation) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { connection, _ in
            _ = connection.readRequest()
            continuation.yield()
            connection.readToEnd()
            endContinuation.yield()
        }
        let client = try client()
        let target = try url(server)
        let task = Task { _ = try await client.send(HTTPRequest("GET", target)) }
        for await _ in arrived { break }
        task.cancel()
        let result = await code { try await task.value }
        #expect(result == .cancelled)
        for await _ in ended { break }
        #expect(server.connectionCount == 1)
    }

    @Test("Closing ends what is under way, what waits, what connects, and what comes later")
    func closing() async throws {
        let (arrived, continuation) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { connection, _ in
            _ = connection.readRequest()
            continuation.yield()
            connection.readToEnd()
        }
        let client = try client {
            $0.connectionsPerOrigin = 1
            $0.connectTimeout = .seconds(3600)
        }
        let deaf = try DeafListener()
        let busy = try url(server)
        let unreachable = try HTTPURL("http://127.0.0.1:\(deaf.port)/")
        let tasks = [busy, busy, unreachable, unreachable].map { target in
            Task { _ = try await client.send(HTTPRequest("GET", target)) }
        }
        for await _ in arrived { break }
        client.close()
        for task in tasks { #expect(await code { try await task.value } == .cancelled) }
        let late = await code { _ = try await client.send(HTTPRequest("GET", busy)) }
        #expect(late == .cancelled)
        #expect(server.connectionCount == 1)
    }
}

extension HTTPClientTests {
    @Test("A server that speaks TLS only is told to do so, and the URL stands once in the line")
    func tlsOnly() async throws {
        let server = try ScriptedServer { connection, _ in
            _ = connection.readHead()
            // An alert of TLS 1.2, as OpenSSL and Go answer to plain HTTP.
            connection.send([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])
        }
        let client = try client()
        let url = try HTTPURL("http://127.0.0.1:\(server.port)/x")
        let error = await #expect(throws: HTTPError.self) {
            _ = try await client.send(HTTPRequest("GET", url))
        }
        #expect(error?.reason == .tlsPeer && error?.code == .tlsRequired)
        #expect(error?.underlying?.code == .tlsRequired)
        let line = error?.description ?? ""
        #expect(line.contains("speaks TLS only"), "\(line)")
        #expect(line.ranges(of: "127.0.0.1").count == 1, "\(line)")
    }
}
