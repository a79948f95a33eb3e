import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// Files and streams between us and the libraries that people use: pyarrow, Polars, DuckDB,
/// DataFusion, arro3, nanoarrow and pandas write them at test time, and read what we write.
/// pyarrow compares: what we write of a table that they wrote must be the same to it.
@Suite(.needsPythonPeer) struct WriterInteropTests {
    private static let compressions: [WriteOptions.Compression] = [.none, .lz4, .zstandard]

    @Test func weReadWhatTheyWrite() async throws {
        try await Peer.run { peer in
            let names = try await peer.ask("arrow_writers")["names"]?.arrayValue ?? []
            #expect(names.count >= 30)
            for name in names {
                let answer = try await peer.ask("arrow_write_by", ["name": name])
                let text = Bytes(utf8: try #require(answer["content"]?.stringValue))
                let table = try Table(ipcStream: Base64.decode(text.span))
                try table.validate(full: true)
                try PrintedSize.check(table)
                #expect(try ArrowJSONForm.text(of: table).count > 0)
                #expect(!table.description.contains("<invalid"))
                for written in try Self.written(table) {
                    let same = try await peer.ask(
                        "arrow_same_as_written", ["name": name, "written": .string(written)])
                    #expect(same["differences"] == [], "\(name)")
                }
            }
        }
    }

    @Test func theyReadWhatWeWrite() async throws {
        try await Peer.run { peer in
            let readers = try await peer.ask("arrow_readers")["names"]?.arrayValue ?? []
            #expect(readers.count == 6)
            let answer = try await peer.ask("arrow_write_by", ["name": "pyarrow file"])
            let text = Bytes(utf8: try #require(answer["content"]?.stringValue))
            let table = try Table(ipcStream: Base64.decode(text.span))
            for reader in readers {
                // nanoarrow takes compressed buffers for plain ones, pyarrow's as well.
                let readable = reader == "nanoarrow" ? [.none] : Self.compressions
                for written in try Self.written(table, readable) {
                    let found = try await peer.ask(
                        "arrow_read_by", ["name": reader, "written": .string(written)])
                    #expect(found["differences"] == [], "\(reader)")
                }
            }
        }
    }

    /// The table as streams and files, compressed and not, in base64.
    private static func written(
        _ table: Table, _ compressions: [WriteOptions.Compression] = compressions
    ) throws -> [String] {
        try compressions.flatMap { compression in
            var options = WriteOptions.portable
            options.compression = compression
            return [
                try table.ipcStream(options: options), try table.ipcFile(options: options),
            ].map { String(repairing: Base64.encode($0.span)) }
        }
    }
}
