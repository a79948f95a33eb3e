import BridgeBytes
import BridgeJSON
import Foundation
import NATSClient
import NATSJetStream
import TestKit
import Testing

/// A standard output whose reader takes its time when the command is to end: what is printed is
/// whole all the same, line by line.
@Suite(
    "Slow readers", .needsNATSServer,
    .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct SlowReaderTests {
    /// Runs a command, signals it once it has begun to print, and reads on only when it has said on
    /// the standard error what `words` are part of; nil: at once.
    private static func lines(
        _ arguments: [String], after words: String?
    ) async throws -> (status: Int32, values: [JSONValue]) {
        let executable = try #require(CommandRun.executable)
        let (output, errors) = (SpawnedProcess.pipe(), SpawnedProcess.pipe())
        let process = try SpawnedProcess(
            executable, arguments, output: output.fileHandleForWriting,
            errors: errors.fileHandleForWriting)
        try output.fileHandleForWriting.close()
        try errors.fileHandleForWriting.close()
        var text = await onThread { output.fileHandleForReading.readData(ofLength: 1) }
        process.signal(SIGTERM)
        await onThread {
            var told = ""
            while let words, !told.contains(words) {
                let data = errors.fileHandleForReading.availableData
                guard !data.isEmpty else { return }
                told += String(decoding: data, as: UTF8.self)
            }
        }
        text += await onThread { output.fileHandleForReading.readDataToEndOfFile() }
        let status = await process.end()
        let lines = text.split(separator: 0x0A)
        let values = try lines.map { try JSONValue(parsing: Bytes(Array($0))) }
        return (status, values)
    }

    private static let large = [UInt8](repeating: 0x61, count: 200_000)

    @Test func `a send says that the message has arrived, behind the whole of it`() async throws {
        let folder = try TemporaryDirectory()
        try TestFile.write(String(decoding: Self.large, as: UTF8.self), to: folder.file("a"))
        try await NATSServerFixture.run { server in
            let (status, values) = try await Self.lines(
                [
                    "send", "s.x", "a:binary=@\(folder.file("a"))", "--json", "--server",
                    server.url,
                ], after: "interrupted")
            #expect(status == 130 && values.count == 2)
            #expect(values.first?["msg_id"] != nil)
            #expect(values.last?["outcome"]?.stringValue == "sent")
        }
    }

    @Test func `messages of a replay are whole, and so is what is told of the others`()
        async throws
    {
        try await NATSServerFixture.run { server in
            let folder = try TemporaryDirectory()
            try TestFile.write(String(decoding: Self.large, as: UTF8.self), to: folder.file("a"))
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            let configuration = StreamConfiguration(name: "S", subjects: ["s.>"])
            _ = try await JetStream(client: client).createStream(configuration)
            await client.close()
            for _ in 0..<5 {
                let run = try await CommandRun.run(
                    [
                        "send", "s.x", "a:binary=@\(folder.file("a"))", "--jetstream", "--server",
                        server.url,
                    ])
                #expect(run.status == 0)
            }
            let (status, values) = try await Self.lines(
                ["replay", "S", "--since", "1h", "--json", "--server", server.url],
                after: nil)
            #expect(status == 130)
            #expect(values.first?["payloads"] != nil)
            // The signal may come when all are on their way; none is neither printed nor told.
            let printed = values.count { $0["payloads"] != nil }
            let lost = values.filter { $0["error"]?.stringValue == "messages_lost" }
            #expect(printed + lost.compactMap { $0["count"]?.intValue }.reduce(0, +) == 5)
        }
    }
}
