import BridgeBytes
import BridgeConsole
import Foundation
import Synchronization
import TestKit
import Testing

/// What `fetch` leaves in a folder.
@Suite("Fetched files", .patient, .enabled(if: CommandRun.executable != nil))
struct FetchFileTests {
    private static let size = 6 << 20
    private static let content: Bytes = {
        var generator = SeededGenerator("fetched files")
        return Bytes(generator.bytes(size))
    }()

    /// A peer that sends a body of 6 MiB, or as much of it as is told.
    private func server(_ content: Bytes, sending count: Int = size) throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n")
                connection.send(content[0..<count])
                if count < Self.size { return }
            }
        }
    }

    private func fetch(
        _ server: ScriptedServer, _ path: String, _ more: String...
    ) async throws -> CommandRun {
        let store = "http://127.0.0.1:\(server.port)"
        return try await CommandRun.run(
            ["fetch", "\(store)/f/1/x", "-o", path, "--store", store] + more)
    }

    @Test(arguments: [["--connections", "1"], ["--private-memory", "0"], []])
    func `a large download is the file, and nothing else is there`(_ more: [String]) async throws {
        let content = Self.content
        let server = try server(content)
        let folder = try TemporaryDirectory()
        let path = folder.file("out")
        try TestFile.write(Bytes(utf8: "what was there before"), to: path)
        let digest = Checksum(of: content).description
        for checks in [[], ["--size", "\(Self.size)", "--checksum", digest]] {
            let store = "http://127.0.0.1:\(server.port)"
            let run = try await CommandRun.run(
                ["fetch", "\(store)/f/1/x", "-o", path, "--store", store] + checks + more)
            #expect(run.status == 0 && run.errors.isEmpty)
            #expect(try TestFile.bytes(path) == content)
            #expect(TestFile.names(in: folder.path) == ["out"])
        }
    }

    @Test func `what is cut or wrong leaves the file that was there`() async throws {
        let content = Self.content
        let folder = try TemporaryDirectory()
        let path = folder.file("out")
        try TestFile.write(Bytes(utf8: "before"), to: path)
        let cut = try await fetch(
            try server(content, sending: 5 << 20), path, "--max-retries", "1", "--max-delay", "1ms")
        #expect(cut.status != 0)
        let wrong = try await fetch(
            try server(content), path, "--checksum", "xxh64:0000000000000000", "--max-retries", "0")
        #expect(wrong.status != 0 && wrong.errors.contains("checksum_mismatch"))
        #expect(try TestFile.text(path) == "before" && TestFile.names(in: folder.path) == ["out"])
        let nowhere = try await fetch(try server(content), folder.file("none/out"))
        #expect(nowhere.status != 0 && nowhere.errors.contains("no such file or directory"))
    }

    @Test func `a download has no name before it is whole`() async throws {
        let content = Self.content
        let folder = try TemporaryDirectory()
        let seen = Mutex<[[String]]>([])
        let server = try ScriptedServer { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n")
            for start in stride(from: 0, to: Self.size, by: 1 << 20) {
                connection.send(content[start..<start + (1 << 20)])
                seen.withLock { $0.append(TestFile.names(in: folder.path)) }
            }
            connection.readToEnd()
        }
        let run = try await fetch(server, folder.file("out"))
        #expect(run.status == 0 && TestFile.names(in: folder.path) == ["out"])
        #expect(try TestFile.bytes(folder.file("out")) == content)
        // The last piece may have been read, and the file be there, when its names are asked for.
        #expect(seen.withLock { $0.dropLast().allSatisfy(\.isEmpty) && $0.count == 6 })
    }
}
