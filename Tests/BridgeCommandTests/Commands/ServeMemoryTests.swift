import BridgeBytes
import BridgeClaims
import BridgeHTTP
import BridgeJSON
import HTTPWire
import TestKit
import Testing

/// `serve --memory`, with and without `--no-sync`.
@Suite(.patient, .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ServeMemoryTests {
    @Test(arguments: [["--memory", "64MB"], ["--memory", "64MB", "--no-sync"], ["--no-sync"]])
    func `what was answered is on the disk when the server has ended`(
        options: [String]
    ) async throws {
        let folder = try TemporaryDirectory()
        let executable = try #require(CommandRun.executable)
        let process = try await ChildProcess(
            executable, ["serve", "--directory", folder.path, "--port", "0", "--json"] + options)
        let line = try await process.log.first { $0.hasPrefix("{") }
        let value = try line.map { try JSONValue(parsing: Bytes(utf8: $0.text)) }
        let url = try #require(value?["url"]?.stringValue)
        let store = try FileServerStore(baseURL: HTTPURL(url))
        var generator = SeededGenerator(#function)
        let content = Bytes(generator.bytes(5_000_000))
        let claim = try await store.upload(
            ClaimContent(name: "x", segments: [content]), correlationID: "c")
        let request = ClaimDownload(
            url: claim.url, expectedSize: claim.size, expectedChecksum: claim.checksum)
        #expect(try await store.download(request) == content)
        let page = try await HTTPClient().send(HTTPRequest("GET", HTTPURL("\(url)/metrics")))
        let metrics = String(repairing: try await page.collect(limit: 1 << 20))
        #expect(
            metrics.contains("natsbridge_server_memory_used_bytes")
                == options.contains("--memory"))
        try await process.stop()
        let stored = try TestFile.bytes(folder.file("objects/\(claim.id)"))
        #expect(stored[4096..<stored.count] == content)
    }
}
