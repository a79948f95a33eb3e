import BridgeBytes
import BridgeSockets
import Glibc
import TestKit
import Testing

@Suite struct PlacedFileTests {
    private static let size = 5 << 20

    /// Pages of a file with some content; nil where there can be none.
    private func filled(_ file: PlacedFile, _ mark: UInt8) -> Bytes? {
        guard let region = file.place(for: Self.size) else { return nil }
        for position in stride(from: 0, to: Self.size, by: 1 << 20) {
            unsafe region.base.storeBytes(of: mark, toByteOffset: position, as: UInt8.self)
        }
        return Bytes(region, 0..<Self.size)
    }

    @Test func `what is put into a file's pages is the file`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("a")
        try TestFile.write(Bytes(utf8: "before"), to: path)
        let file = PlacedFile(path)
        guard let bytes = filled(file, 3) else { return }
        #expect(TestFile.names(in: folder.path) == ["a"])
        #expect(try TestFile.text(path) == "before")
        #expect(try file.finish(bytes))
        #expect(try TestFile.bytes(path) == bytes && TestFile.names(in: folder.path) == ["a"])
        // Once.
        #expect(try !file.finish(bytes))
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        let mask = umask(0)
        _ = umask(mask)
        #expect(status.st_mode & 0o777 == 0o666 & ~mask)
    }

    @Test func `bytes that lie elsewhere are not its content`() throws {
        let folder = try TemporaryDirectory()
        let file = PlacedFile(folder.file("a"))
        guard let old = filled(file, 1), let new = filled(file, 2) else { return }
        #expect(try !file.finish(old))
        #expect(TestFile.names(in: folder.path).isEmpty)
        // What was made is gone with the question.
        #expect(try !file.finish(new) && old[0] == 1 && new[0] == 2)
        guard let whole = filled(file, 4) else { return }
        #expect(try !file.finish(whole[1...]))
    }

    @Test func `where there can be no pages, there are none`() throws {
        let folder = try TemporaryDirectory()
        #expect(PlacedFile(folder.file("none/a")).place(for: Self.size) == nil)
        #expect(PlacedFile(folder.file("a")).place(for: 1000) == nil)
        #expect(PlacedFile("/proc/a").place(for: Self.size) == nil)
        let full = SystemCalls { call, _ in call == .allocate ? .refused(ENOSPC) : .made }
        #expect(PlacedFile(folder.file("a"), calls: full).place(for: Self.size) == nil)
        #expect(TestFile.names(in: folder.path).isEmpty)
    }

    @Test func `a name that cannot be given is told, and leaves nothing`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("a")
        let calls = SystemCalls { call, _ in call == .rename ? .refused(EACCES) : .made }
        let file = PlacedFile(path, calls: calls)
        guard let bytes = filled(file, 1) else { return }
        let error = #expect(throws: SocketError.self) { try file.finish(bytes) }
        #expect(error?.errno == EACCES)
        let nameless = SystemCalls { call, _ in call == .link ? .refused(ENOENT) : .made }
        let unnamed = PlacedFile(path, calls: nameless)
        guard let others = filled(unnamed, 1) else { return }
        #expect(try !unnamed.finish(others))
        #expect(TestFile.names(in: folder.path).isEmpty)
    }
}
