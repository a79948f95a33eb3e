import BridgeBytes
import BridgeConsole
import BridgeJSON
import Foundation
import TestKit
import Testing

/// `serve` that is told to end while it takes an upload (failures.md I3).
@Suite(.patient) struct ServeEndTests {
    /// A server, and an upload of two bytes of which one has come.
    private static func withHalf(
        _ body: (StartedProgram, _ port: Int, ScriptedConnection) async throws -> Void
    ) async throws {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        let server = try StartedProgram.start(
            executable,
            [
                "serve", "--directory", folder.file("store"), "--port", "0", "--json", "--grace",
                "10m",
            ],
            capture: .output)
        var lines = server.lines.makeAsyncIterator()
        let line = try #require(await lines.next())
        let port = try #require(try JSONValue(parsing: Bytes(utf8: line))["port"]?.intValue)
        let upload = try #require(ScriptedConnection(connectingTo: port))
        let id = String(repeating: "a", count: 32)
        upload.send("PUT /f/\(id)/x HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n")
        upload.send("Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        let interim = await onThread { upload.readHead() }
        #expect(interim?.hasPrefix("HTTP/1.1 100 ") == true)
        upload.send([1])
        try await body(server, port, upload)
    }

    /// Waits until nobody is accepted any more: the signal has been heard.
    private static func untilDraining(_ port: Int) async {
        let isClosed = await Pace.until(patience) {
            ScriptedConnection(connectingTo: port) == nil
        }
        #expect(isClosed)
    }

    @Test(arguments: [(SIGTERM, 0), (SIGINT, 130)] as [(Int32, Int32)])
    func `an upload that has begun is finished and confirmed`(
        signal: Int32, status: Int32
    ) async throws {
        try await Self.withHalf { server, port, upload in
            server.signal(signal)
            await Self.untilDraining(port)
            upload.send([2])
            let answer = await onThread { upload.readHead() }
            #expect(answer?.hasPrefix("HTTP/1.1 201 ") == true)
            let end = try await within("the end") { await server.exitStatus() }
            #expect(end == status)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a second signal ends it at once`(signal: Int32) async throws {
        try await Self.withHalf { server, port, upload in
            server.signal(SIGTERM)
            await Self.untilDraining(port)
            // One that comes with the first is the same wish.
            let pressing = Task {
                await Pace.until(patience) {
                    server.signal(signal)
                    return false
                }
            }
            let end = try await within("the end") { await server.exitStatus() }
            pressing.cancel()
            #expect(end == 130)
            // Nobody was told that it was stored.
            let answer = await onThread { upload.readHead() }
            #expect(answer == nil)
        }
    }
}
