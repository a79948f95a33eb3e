import BridgeBytes
import BridgeConsole
import Foundation
import TestKit
import Testing

@Suite("Files")
struct FileBytesTests {
    @Test(arguments: [0, 1, 100_000])
    func `what is written is read`(_ count: Int) throws {
        let folder = try TemporaryDirectory()
        let bytes = Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0) })
        try FileBytes.write(bytes, to: folder.file("x"))
        #expect(try FileBytes.read(folder.file("x")) == bytes)
        #expect(!FileManager.default.fileExists(atPath: folder.file("x.partial")))
    }

    @Test func `a file without a size is read to its end`() throws {
        let status = String(repairing: try FileBytes.read("/proc/self/status"))
        #expect(status.contains("VmHWM"))
    }

    @Test func `a pipe is written into, never replaced`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("pipe")
        let made = unsafe mkfifo(path, 0o600)
        #expect(made == 0)
        let descriptor = unsafe open(path, O_RDWR)
        defer { close(descriptor) }
        try FileBytes.write(Bytes(utf8: "abc"), to: path)
        var status = stat()
        let result = unsafe stat(path, &status)
        #expect(result == 0)
        let mode = status.st_mode
        #expect(mode & S_IFMT == S_IFIFO)
    }

    @Test func `folders are made with those above them`() throws {
        let folder = try TemporaryDirectory()
        try FileBytes.makeDirectory(folder.file("a/b/c"))
        try FileBytes.makeDirectory(folder.file("a/b/c"))
        #expect(FileManager.default.fileExists(atPath: folder.file("a/b/c")))
    }

    @Test func `a missing file is not found, and says so`() {
        #expect {
            try FileBytes.read("/nowhere/x")
        } throws: { ($0 as? CommandFailure)?.exit == .notFound }
    }
}
