import BridgeBytes
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// `serve` where the system gives it little (failures.md F15).
@Suite(.patient) struct ServeShortageTests {
    private static let crowd = 100

    private static func ask(
        _ client: HTTPClient, _ method: String, _ url: String, _ body: HTTPBody = .none
    ) async throws -> Int {
        let answer = try await client.send(HTTPRequest(method, HTTPURL(url)), body: body)
        _ = try await answer.collect(limit: 1 << 16)
        return answer.status
    }

    @Test func `with sixty-four descriptors it answers, and says when to come again`()
        async throws
    {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        let process = try await ChildProcess(
            "/bin/sh",
            [
                "-c", "ulimit -n 64; exec \"$0\" serve --directory \"$1\" --port 0 --json",
                executable, folder.file("store"),
            ])
        let line = try await process.log.first { $0.hasPrefix("{") }
        let value = try line.map { try JSONValue(parsing: Bytes(utf8: $0.text)) }
        let port = try #require(value?["port"]?.intValue)
        let start = "http://127.0.0.1:\(port)"
        let file = "\(start)/f/\(String(repeating: "a", count: 32))/x"
        let client = try HTTPClient()
        #expect(try await Self.ask(client, "PUT", file, .segments([Bytes([1])])) == 201)
        let crowd = await onThread {
            (0..<Self.crowd).compactMap { _ -> ScriptedConnection? in
                let connection = ScriptedConnection(connectingTo: port)
                connection?.send("GET /f/")
                return connection
            }
        }
        #expect(crowd.count == Self.crowd)
        // Who was there before is answered, with a file besides.
        #expect(try await Self.ask(client, "GET", file) == 200)
        #expect(try await Self.ask(client, "GET", "\(start)/readyz") == 200)
        let other = try #require(ScriptedConnection(connectingTo: port))
        let told = await onThread { other.readHead() } ?? ""
        #expect(told.hasPrefix("HTTP/1.1 503 ") && told.contains("\r\nRetry-After: 1\r\n"))
        for connection in crowd + [other] { connection.finish() }
        // When they have gone there is room again.
        let isFree = await Pace.until(patience) {
            let fresh = try? HTTPClient()
            guard let fresh else { return false }
            return (try? await Self.ask(fresh, "GET", file)) == 200
        }
        #expect(isFree)
        client.close()
        try await process.stop()
    }
}
