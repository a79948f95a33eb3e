import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// The inputs that the Arrow fuzzers begin with: each file and stream of a name holds one table.
@Suite struct FuzzSeedTests {
    private static let streams = "Fixtures/fuzz/ArrowStreamFuzz"
    private static let files = "Fixtures/fuzz/ArrowFileFuzz"

    private static func bytes(_ folder: String, _ name: String) throws -> Bytes {
        try TestFile.bytes(PackageRoot.file("\(folder)/\(name)"))
    }

    @Test func `files and streams of a name hold the same`() throws {
        let names = TestFile.names(in: PackageRoot.file(Self.files))
        #expect(names.count >= 11)
        #expect(TestFile.names(in: PackageRoot.file(Self.streams)) == names)
        for name in names {
            let file = try Table(ipcFile: Self.bytes(Self.files, name))
            let stream = try Table(ipcStream: Self.bytes(Self.streams, name))
            try file.validate(full: true)
            #expect(file.schema == stream.schema && file.count == stream.count, "\(name)")
            #expect(file.description == stream.description, "\(name)")
            #expect(try Table(ipcFile: stream.ipcFile()).description == file.description)
        }
    }

    @Test func `a file that is cut anywhere is refused`() throws {
        for name in TestFile.names(in: PackageRoot.file(Self.files)) {
            let whole = try Self.bytes(Self.files, name)
            for end in stride(from: 0, to: whole.count, by: 7) {
                #expect(throws: ArrowError.self) { try Table(ipcFile: whole[0..<end]) }
            }
        }
    }
}
