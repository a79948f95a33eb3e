import BridgeBytes
import BridgeHTTP
import BridgeSockets
import Foundation
import HTTPWire
import TestKit
import Testing

/// Where the bytes of large bodies lie.
@Suite(.patient) struct LargeBodyTests {
    private static let size = 300_000

    private func server(_ content: Bytes) throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n")
                connection.send(content)
            }
        }
    }

    private func get(_ options: HTTPClientOptions, _ server: ScriptedServer) async throws -> Bytes {
        let client = try HTTPClient(options)
        let target = try HTTPURL("http://127.0.0.1:\(server.port)/x")
        let response = try await client.send(HTTPRequest("GET", target))
        return try await response.collect(limit: Self.size)
    }

    private func options(_ memory: LargeMemory) -> HTTPClientOptions {
        var options = HTTPClientOptions()
        options.mappedBodySize = Self.size
        options.largeMemory = memory
        return options
    }

    /// Whether a file of that folder is part of this process's memory.
    private func isMapped(_ folder: String) throws -> Bool {
        // The size of this file is told as 0, so it is read to its end.
        let maps = try FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd()
        return maps?.firstRange(of: Data("\(folder)/natsbridge-".utf8)) != nil
    }

    @Test("Over the budget of private memory it lies in a nameless file, if there is room for one")
    func mappedBody() async throws {
        let content = SeededGenerator.pattern(Self.size)
        let server = try server(content)
        let folder = try TemporaryDirectory()
        for place in [folder.path, folder.file("absent")] {
            let memory = LargeMemory()
            var options = options(memory)
            options.privateBodyMemory = HugePages.pageSize - 1
            options.temporaryFolder = place
            let body = try await get(options, server)
            #expect(body == content)
            let hasFile = place == folder.path && !MappedMemory.isMemory(place)
            #expect(try isMapped(place) == hasFile)
            #expect(memory.lentBytes == (hasFile ? 0 : HugePages.pageSize))
            #expect(body[Self.size - 1] == content[Self.size - 1])
        }
        #expect(TestFile.names(in: folder.path).isEmpty)
    }

    @Test("It lies in private memory, which the next one gets when nobody reads it any longer")
    func keptMemory() async throws {
        let content = SeededGenerator.pattern(Self.size)
        let server = try server(content)
        let folder = try TemporaryDirectory()
        let memory = LargeMemory()
        var options = options(memory)
        options.temporaryFolder = folder.path
        var first = try await get(options, server)
        let address = first.address
        #expect(first == content && address % UInt(HugePages.pageSize) == 0)
        #expect(try !isMapped(folder.path))
        let second = try await get(options, server)
        #expect(second == content && second.address != address)
        #expect(memory.lentBytes == 2 * HugePages.pageSize && memory.keptBytes == 0)
        first = first[1000..<2000]
        #expect(memory.keptBytes == 0 && first == content[1000..<2000])
        first = Bytes()
        #expect(memory.keptBytes == HugePages.pageSize)
        let third = try await get(options, server)
        #expect(third.address == address && third == content && second == content)
        options.keptBodyTime = .zero
        let fourth = try await get(options, server)
        #expect(fourth == content && memory.lentBytes == 3 * HugePages.pageSize)
    }

    @Test("A smaller one lies where the heap has room")
    func smallBody() async throws {
        let content = SeededGenerator.pattern(Self.size - 1)
        let memory = LargeMemory()
        let body = try await get(options(memory), try server(content))
        #expect(body == content && memory.lentBytes == 0)
    }

    @Test("A body that breaks off gives its memory back")
    func brokenBody() async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\nbeginning")
        }
        let memory = LargeMemory()
        let error = await #expect(throws: HTTPError.self) { try await get(options(memory), server) }
        #expect(error?.reason == .incompleteBody)
        try await within { while memory.lentBytes > 0 { await Task.yield() } }
        #expect(memory.keptBytes == HugePages.pageSize)
    }
}
