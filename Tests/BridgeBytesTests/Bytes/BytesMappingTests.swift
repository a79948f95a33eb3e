import BridgeBytes
import Glibc
import TestKit
import Testing

@Suite struct BytesMappingTests {
    @Test func aMappedFileHoldsItsBytes() throws {
        let folder = try TemporaryDirectory()
        let content = Bytes((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        try TestFile.write(content, to: folder.file("a"))
        var mapped = try Bytes(mappingFile: folder.file("a"))
        #expect(mapped == content)
        // On a page, and so aligned for every column that is aligned in the file.
        #expect(mapped.address % 4096 == 0)
        mapped = mapped[50_000...]
        #expect(mapped == content[50_000...])
    }

    @Test func aReplacedFileKeepsItsOldBytes() throws {
        let folder = try TemporaryDirectory()
        try TestFile.write(Bytes(utf8: "old"), to: folder.file("a"))
        let mapped = try Bytes(mappingFile: folder.file("a"))
        try TestFile.write(Bytes(utf8: "new text"), to: folder.file("b"))
        #expect(unsafe rename(folder.file("b"), folder.file("a")) == 0)
        #expect(mapped == Bytes(utf8: "old"))
        #expect(try Bytes(mappingFile: folder.file("a")) == Bytes(utf8: "new text"))
    }

    @Test func anEmptyFileIsEmpty() throws {
        let folder = try TemporaryDirectory()
        try TestFile.write(Bytes(), to: folder.file("a"))
        #expect(try Bytes(mappingFile: folder.file("a")).isEmpty)
    }

    @Test func whatCannotBeMappedIsTold() throws {
        let folder = try TemporaryDirectory()
        let missing = #expect(throws: FileError.self) {
            try Bytes(mappingFile: folder.file("none"))
        }
        #expect(missing?.call == "open")
        #expect(missing?.place == folder.file("none"))
        let other = #expect(throws: FileError.self) {
            try Bytes(mappingFile: folder.file(""))
        }
        #expect(other?.call == "mmap")
    }

    @Test func `what is written is mapped, and appears whole`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("a")
        for size in [0, 1, 3_000_000] {
            let bytes = Bytes((0..<size).map { UInt8(truncatingIfNeeded: $0) })
            try bytes.write(toFile: path)
            #expect(try Bytes(mappingFile: path) == bytes)
            #expect(TestFile.names(in: folder.path) == ["a"])
        }
    }

    @Test func `what cannot be written is told, and leaves nothing`() throws {
        let folder = try TemporaryDirectory()
        let missing = #expect(throws: FileError.self) {
            try Bytes([1]).write(toFile: folder.file("none/a"))
        }
        #expect(missing?.call == "open" && missing?.code == .fileNotFound)
        // A folder stands there.
        let taken = #expect(throws: FileError.self) { try Bytes([1]).write(toFile: folder.path) }
        #expect(taken?.call == "rename")
        let full = #expect(throws: FileError.self) { try Bytes([1]).write(toFile: "/proc/self/a") }
        #expect(full != nil && TestFile.names(in: folder.path).isEmpty)
    }
}
