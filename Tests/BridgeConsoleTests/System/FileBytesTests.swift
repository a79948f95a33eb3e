import BridgeBytes
import BridgeConsole
import Foundation
import TestKit
import Testing

@Suite("Files")
struct FileBytesTests {
    @Test(arguments: [0, 1, 100_000])
    func `what is written is read`(_ count: Int) async throws {
        let folder = try TemporaryDirectory()
        let bytes = Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0) })
        try await FileBytes.write(bytes, to: folder.file("x"))
        #expect(try await FileBytes.read(folder.file("x")) == bytes)
        #expect(!FileManager.default.fileExists(atPath: folder.file("x.partial")))
    }

    @Test func `a file without a size is read to its end`() async throws {
        let status = String(repairing: try await FileBytes.read("/proc/self/status"))
        #expect(status.contains("VmHWM"))
    }

    @Test func `a pipe is written into, never replaced`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("pipe")
        let made = unsafe mkfifo(path, 0o600)
        #expect(made == 0)
        let descriptor = unsafe open(path, O_RDWR)
        defer { close(descriptor) }
        try await FileBytes.write(Bytes(utf8: "abc"), to: path)
        var status = stat()
        let result = unsafe stat(path, &status)
        #expect(result == 0)
        let mode = status.st_mode
        #expect(mode & S_IFMT == S_IFIFO)
    }

    private static func pipe(in folder: TemporaryDirectory) throws -> String {
        let path = folder.file("pipe")
        guard unsafe mkfifo(path, 0o600) == 0 else { throw FixtureError("no pipe") }
        return path
    }

    /// Nobody has the other end of the pipe, so that opening it already waits for ever.
    @Test(arguments: [true, false])
    func `whoever is cancelled does not wait for a pipe`(_ reads: Bool) async throws {
        let folder = try TemporaryDirectory()
        let path = try Self.pipe(in: folder)
        let task = Task {
            if reads {
                _ = try await FileBytes.read(path)
            } else {
                try await FileBytes.write(Bytes(utf8: "a"), to: path)
            }
        }
        task.cancel()
        let result = try await within("the end") { await task.result }
        #expect { try result.get() } throws: { ($0 as? CommandFailure)?.code == .cancelled }
        // Lets the thread that was left behind go on. Its reader may be gone when it writes, which
        // ends a process that has not said otherwise, as the program has.
        _ = signal(SIGPIPE, SIG_IGN)
        let other = unsafe open(path, O_RDWR)
        close(other)
    }

    @Test func `a file where a folder shall be is refused`() throws {
        let folder = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: folder.file("x")))
        for path in ["x", "x/y"] {
            #expect(throws: CommandFailure.self) {
                try FileBytes.makeDirectory(folder.file(path))
            }
        }
    }

    @Test func `folders are made with those above them`() throws {
        let folder = try TemporaryDirectory()
        try FileBytes.makeDirectory(folder.file("a/b/c"))
        try FileBytes.makeDirectory(folder.file("a/b/c"))
        #expect(FileManager.default.fileExists(atPath: folder.file("a/b/c")))
    }

    @Test func `a missing file is not found, and says so`() async {
        await #expect {
            try await FileBytes.read("/nowhere/x")
        } throws: { ($0 as? CommandFailure)?.exit == .notFound }
    }
}
