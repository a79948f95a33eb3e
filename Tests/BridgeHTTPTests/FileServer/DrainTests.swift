import BridgeBytes
import BridgeHTTP
import Glibc
import HTTPWire
import TestKit
import Testing

/// The end of a server in order: what has begun is finished (failures.md B7, I3).
@Suite(.patient) struct DrainTests {
    private static let size = 20_000_000

    private static func until(_ holds: () -> Bool) {
        while !holds() { sched_yield() }
    }

    @Test func `an upload and a download that have begun are finished`() async throws {
        try await RunningServer.with { running in
            let (server, port) = (running.server, running.port)
            let cut = try await running.client { up throws -> Int in
                let content = [UInt8](repeating: 7, count: Self.size)
                let put = try up.request("PUT", "/f/\(TestID.of(1))/x", body: content)
                #expect(put.status == 201)
                up.send("PUT /f/\(TestID.of(2))/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n")
                up.send("Expect: 100-continue\r\n\r\n")
                #expect(try up.interim() == 100)
                up.send([1, 2, 3])
                var down = try RawClient(port: port)
                down.send("GET /f/\(TestID.of(1))/x HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try down.interim() == 200)
                let end = Awaited.later { await server.drain(within: .seconds(60)) }
                // Nobody new is let in once it has begun.
                Self.until { (try? RawClient(port: port)) == nil }
                up.send([4, 5, 6, 7, 8, 9])
                let stored = try up.answer(to: "PUT")
                #expect(stored.status == 201 && !stored.isReusable)
                let got = try down.answer()
                #expect(got.body.count == Self.size && got.body.allSatisfy { $0 == 7 })
                return end()
            }
            #expect(cut == 0)
            #expect(await running.leavesNoParts() && running.objectFiles.count == 2)
        }
    }

    @Test func `connections without a request are closed at once`() async throws {
        let running = try await RunningServer()
        let (server, port) = (running.server, running.port)
        let isClosed = try await running.client { client throws in
            #expect(try client.request("GET", "/healthz").status == 200)
            var fresh = try RawClient(port: port)
            Self.until { server.openConnections == 2 }
            RawClient.start { await server.drain(within: .seconds(600)) }
            return try client.isClosedByPeer() && fresh.isClosedByPeer()
        }
        #expect(isClosed)
        await server.stop()
    }

    @Test func `what outlasts the time is cut off, and counted`() async throws {
        let running = try await RunningServer()
        let server = running.server
        let cut = try await running.client { client throws -> Int in
            client.send("PUT /f/\(TestID.of(2))/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n")
            client.send("Expect: 100-continue\r\n\r\n")
            #expect(try client.interim() == 100)
            let cut = Awaited.value { await server.drain(within: .milliseconds(10)) }
            #expect(try client.isClosedByPeer())
            return cut
        }
        #expect(cut == 1)
        #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
    }

    @Test func `a second server in the folder is refused and disturbs nothing`() async throws {
        try await RunningServer.with { running in
            let path = "/f/\(TestID.of(1))/x"
            let folder = running.folder.file("store")
            let stored = try await running.client { client throws in
                client.send("PUT \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n")
                client.send("Expect: 100-continue\r\n\r\n")
                #expect(try client.interim() == 100)
                client.send([1])
                let error = Awaited.value { () -> FileServerError? in
                    do throws(FileServerError) {
                        await (try FileServer.start(FileServerOptions(directory: folder))).stop()
                        return nil
                    } catch { return error }
                }
                #expect(error?.code == .folderUnusable)
                #expect(error?.detail.contains("another server (process \(getpid()))") == true)
                client.send([2, 3])
                return try client.answer(to: "PUT").status
            }
            #expect(stored == 201)
            await running.server.stop()
            var options = FileServerOptions(directory: folder)
            options.now = { [clock = running.clock] in clock.now }
            let next = try await FileServer.start(options)
            let got = try await RawClient.run(next.port) { try $0.request("GET", path) }
            #expect(got.body == [1, 2, 3])
            await next.stop()
        }
    }

    @Test func `a folder whose parts are links is refused`() async throws {
        let folder = try TemporaryDirectory()
        let store = folder.file("store")
        for path in [store, folder.file("elsewhere")] { unsafe _ = mkdir(path, 0o700) }
        unsafe _ = symlink(folder.file("elsewhere"), store + "/objects")
        await #expect(throws: FileServerError.self) {
            try await FileServer.start(FileServerOptions(directory: store))
        }
    }
}
