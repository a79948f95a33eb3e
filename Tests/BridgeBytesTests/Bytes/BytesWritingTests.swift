import BridgeBytes
import Foundation
import TestKit
import Testing

/// Files that appear whole or not at all, and touch nothing that is not theirs (failures.md C11).
@Suite struct BytesWritingTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private func put(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    @Test func `a link at the partial name is not written through, and stays`() throws {
        let folder = try TemporaryDirectory()
        let (path, victim) = (folder.file("a"), folder.file("victim"))
        try put("mine", victim)
        try FileManager.default.createSymbolicLink(
            atPath: path + ".partial", withDestinationPath: victim)
        try Bytes(utf8: "new").write(toFile: path)
        #expect(try text(path) == "new" && text(victim) == "mine")
        #expect(TestFile.names(in: folder.path) == ["a", "a.partial", "victim"])
    }

    @Test func `a file of the partial name that is somebody else's keeps its content`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("a")
        try put("theirs", path + ".partial")
        try Bytes(utf8: "new").write(toFile: path)
        #expect(try text(path) == "new" && text(path + ".partial") == "theirs")
        // What fails takes its own file away, and no other.
        #expect(throws: FileError.self) { try Bytes([1]).write(toFile: folder.path) }
        #expect(TestFile.names(in: folder.path) == ["a", "a.partial"])
    }

    @Test func `a link of the name is replaced, and not what it leads to`() throws {
        let folder = try TemporaryDirectory()
        let (path, victim) = (folder.file("a"), folder.file("victim"))
        try put("mine", victim)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: victim)
        try Bytes(utf8: "new").write(toFile: path)
        #expect(try text(path) == "new" && text(victim) == "mine")
    }

    @Test func `what is not to be replaced is not`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("a")
        try Bytes(utf8: "first").write(toFile: path, replacing: false)
        let error = #expect(throws: FileError.self) {
            try Bytes(utf8: "second").write(toFile: path, replacing: false)
        }
        #expect(error?.number == EEXIST)
        #expect(try text(path) == "first")
        // A link that leads nowhere has the name as well.
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("b"), withDestinationPath: folder.file("nowhere"))
        #expect(throws: FileError.self) {
            try Bytes([1]).write(toFile: folder.file("b"), replacing: false)
        }
        #expect(TestFile.names(in: folder.path) == ["a", "b"])
    }
}
