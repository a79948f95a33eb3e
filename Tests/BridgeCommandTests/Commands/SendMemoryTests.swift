import ArrowIPC
import BridgeHTTP
import TestKit
import Testing

/// What sending a large file takes, as the system counts it.
@Suite(
    "Memory of a send", .needsNATSServer,
    .enabled(if: CommandRun.executable != nil && !isThreadSanitized, "\(CommandRun.absence)"))
struct SendMemoryTests {
    private static let rows = 8_000_000

    /// The peak of what is resident, in bytes, told by who has started the process.
    private static let measured = """
        python3 -c 'import resource, subprocess, sys
        subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)'
        """

    @Test(arguments: ["arrowtable", "binary"])
    func `a file takes its own memory and little more`(type: String) async throws {
        let folder = try TemporaryDirectory()
        let files = try await FileServer.start(FileServerOptions(directory: folder.file("store")))
        try await NATSServerFixture.run { nats in
            let shell = try ShellRun(server: nats.url, store: files.baseURL)
            let table = try Table(["x": Column([Int64](repeating: 7, count: Self.rows))])
            let stream = try table.ipcStream()
            try stream.write(toFile: shell.folder.file("t.arrows"))
            let run = try await shell.run(
                "\(Self.measured) natsbridge send lab.x t:\(type)=@t.arrows")
            #expect(run.status == 0, "\(run.errors)")
            let peak = try #require(Int(run.output.split(separator: "\n").last ?? ""))
            #expect(peak > stream.count && peak < stream.count + 48 << 20)
        }
        await files.stop()
    }
}
