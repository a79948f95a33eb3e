import BridgeBytes
import BridgeSockets
import TestKit
import Testing

@Suite struct MappedMemoryTests {
    @Test func `a file of memory is not mapped`() throws {
        #expect(!MappedMemory.isMemory("/proc") && !MappedMemory.isMemory("/nowhere"))
        // Where it is one, as it is on every usual Linux.
        guard MappedMemory.isMemory("/dev/shm") else { return }
        #expect(MappedMemory.temporaryFile(count: 100, in: "/dev/shm") == nil)
    }

    @Test func `a file without a name holds what is written`() throws {
        let folder = try TemporaryDirectory()
        guard !MappedMemory.isMemory(folder.path) else { return }
        let region = try #require(MappedMemory.temporaryFile(count: 10_000, in: folder.path))
        region.prepare(0..<10_000)
        unsafe region.base.storeBytes(of: 9, toByteOffset: 9_999, as: UInt8.self)
        #expect(TestFile.names(in: folder.path).isEmpty)
        #expect(Bytes(region, 0..<10_000)[9_999] == 9)
        #expect(MappedMemory.temporaryFile(count: 0, in: folder.path) == nil)
        #expect(MappedMemory.temporaryFile(count: 1, in: folder.file("none")) == nil)
    }
}
