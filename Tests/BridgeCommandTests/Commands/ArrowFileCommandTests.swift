import ArrowIPC
import BridgeBytes
import BridgeJSON
import Foundation
import TestKit
import Testing

/// `arrow cat`, `schema` and `convert` over files and streams, as a stranger runs them.
@Suite("Arrow files", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ArrowFileCommandTests {
    private static func batches() throws -> Table {
        let parts = try (0..<4).map { part in
            try RecordBatch([
                "id": Column((0..<5).map { Int64(part * 5 + $0) }),
                "name": Column((0..<5).map { "name \($0)" }),
            ])
        }
        return try Table(schema: parts[0].schema, batches: parts)
    }

    private static func write(_ bytes: Bytes, _ folder: TemporaryDirectory, _ name: String) throws
        -> String
    {
        let path = folder.file(name)
        try bytes.write(toFile: path)
        return path
    }

    @Test func `cat shows the rows that are asked for`() async throws {
        let folder = try TemporaryDirectory()
        let path = try Self.write(Self.batches().ipcFile(), folder, "a.arrow")
        let run = try await CommandRun.run(["arrow", "cat", path, "--rows", "6", "--tail", "2"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.lines.count == 13)
        #expect(run.lines[9] == "⋮ 12 more rows")
        #expect(run.lines.last == "8 of 20 rows, 2 columns, 4 batches")
        let one = try await CommandRun.run(["arrow", "cat", path, "--columns", "name"])
        #expect(one.lines[0] == "name" && one.lines.last == "20 rows, 1 column, 4 batches")
        let json = try await CommandRun.run(["arrow", "cat", path, "--json", "--tail", "1"])
        let last = try json.json()[0]["batches"]?.arrayValue?.last
        #expect(last?["columns"]?["id"] == ["19"])
        let missing = try await CommandRun.run(["arrow", "cat", path, "--columns", "nobody"])
        #expect(missing.status == 2)
    }

    @Test func `describe counts values`() async throws {
        let folder = try TemporaryDirectory()
        let path = try Self.write(Self.batches().ipcStream(), folder, "a.arrows")
        let run = try await CommandRun.run(["arrow", "cat", path, "--describe", "--json"])
        let columns = try run.json()[0]["batches"]?.arrayValue?.first?["columns"]
        #expect(columns?["count"] == ["20", "20"] && columns?["nulls"] == ["0", "0"])
        #expect(columns?["distinct"] == ["20", "5"])
        #expect(columns?["min"] == ["0", "name 0"] && columns?["max"] == ["19", "name 4"])
    }

    @Test func `convert writes files and streams that hold the same`() async throws {
        let folder = try TemporaryDirectory()
        let table = try Self.batches()
        let stream = try Self.write(table.ipcStream(), folder, "a.arrows")
        let file = folder.file("a.arrow")
        let there = try await CommandRun.run(
            ["arrow", "convert", stream, file, "--compression", "lz4", "--json"])
        #expect(there.status == 0, "\(there.errors)")
        #expect(try there.json()[0]["rows"] == 20)
        #expect(try FileReader(Bytes(mappingFile: file)).batchCount == 4)
        let back = folder.file("b.arrows")
        let second = try await CommandRun.run(
            ["arrow", "convert", file, back, "--slice", "4:11", "--columns", "id"])
        #expect(second.status == 0, "\(second.errors)")
        let part = try Table(ipcStream: Bytes(mappingFile: back))
        #expect(Array(try part.column("id").values(as: Int.self)) == Array(4..<11))
        #expect(part.columnCount == 1)
        for words in [
            ["--to", "csv"], ["--slice", "9:3"], ["--slice", "x"], ["--compression", "brotli"],
        ] {
            let wrong = try await CommandRun.run(["arrow", "convert", stream, file] + words)
            #expect(wrong.status == 2)
        }
    }

    @Test func `the footer's metadata is shown and kept`() async throws {
        let folder = try TemporaryDirectory()
        let note: Metadata = ["origin": "station 7"]
        let path = try Self.write(Self.batches().ipcFile(metadata: note), folder, "a.arrow")
        let shown = try await CommandRun.run(["arrow", "schema", path])
        #expect(
            shown.lines.suffix(3) == [
                "metadata of the file:", "  origin: station 7", "20 rows, 2 columns, 4 batches",
            ])
        let json = try await CommandRun.run(["arrow", "schema", "--json", path])
        #expect(try json.json()[0]["file_metadata"] == [["origin", "station 7"]])
        let copy = folder.file("b.arrow")
        let kept = try await CommandRun.run(["arrow", "convert", path, copy])
        #expect(kept.status == 0 && kept.errors.isEmpty, "\(kept.errors)")
        #expect(try FileReader(Bytes(mappingFile: copy)).metadata == note)
        // A stream has no place for it, which is told.
        let stream = try await CommandRun.run(["arrow", "convert", path, folder.file("c.arrows")])
        #expect(stream.status == 0 && stream.errors.contains("footer was left out"))
    }

    @Test func `a file without its footer is refused and can be salvaged`() async throws {
        let folder = try TemporaryDirectory()
        let whole = try Self.batches().ipcFile()
        let path = try Self.write(whole[0..<whole.count / 2], folder, "cut.arrow")
        let refused = try await CommandRun.run(["arrow", "cat", "--json", path])
        #expect(refused.status == 7 && refused.output.contains("invalid_footer"))
        #expect(refused.errors.contains("footer"))
        let salvaged = try await CommandRun.run(["arrow", "cat", path, "--salvage"])
        #expect(salvaged.status == 0 && salvaged.errors.contains("without its footer"))
        #expect(salvaged.output.contains("name 4"))
    }

    @Test func `what is too much to print is refused before it is printed`() async throws {
        let folder = try TemporaryDirectory()
        let long = Column([String(repeating: "x", count: 1_000_000)])
        let column = try Column(
            dictionary: [long], indices: [Int32?](repeating: 0, count: 10_000))
        var options = WriteOptions.portable
        options.compression = .lz4
        let path = try Self.write(Table(["d": column]).ipcStream(options: options), folder, "a")
        let json = try await CommandRun.run(["arrow", "cat", "--json", path])
        #expect(json.status == 6 && !json.output.contains("batches"))
        let shown = try await CommandRun.run(["arrow", "cat", path])
        #expect(shown.status == 0 && shown.lines.count == 3 + 20 + 1)
        let small = try Self.write(Table(["a": Column(["text"])]).ipcStream(), folder, "b")
        let limited = try await CommandRun.run(
            [
                "arrow", "cat", "--json", small, "--limit", "printed-allowance=1", "--limit",
                "printed-ratio=0",
            ])
        #expect(limited.status == 6)
        let nested = try await CommandRun.run(["arrow", "cat", small, "--limit", "fields=0"])
        #expect(nested.status == 6)
        let wrong = try await CommandRun.run(["arrow", "cat", small, "--limit", "feilds=1"])
        #expect(wrong.status == 2 && wrong.errors.contains("fields"))
    }

    /// Whatever a few bytes stand for: 10 GB of text, 10 G items of lists, a long batch of nulls.
    @Test(.enabled(if: !isThreadSanitized))
    func `what shares its values prints in little memory`() async throws {
        let folder = try TemporaryDirectory()
        let long = Column([String(repeating: "x", count: 1_000_000)])
        let items = Column([Int64](repeating: 7, count: 100_000))
        let columns = [
            try Column(dictionary: [long], indices: [Int32?](repeating: 0, count: 10_000)),
            try Column(
                listViews: [Range<Int>?](repeating: 0..<100_000, count: 100_000), of: items),
            try Column(runs: [1_000_000], of: long),
        ]
        for (number, column) in columns.enumerated() {
            let path = try Self.write(Table(["v": column]).ipcFile(), folder, "\(number).arrow")
            for (option, status) in [("--rows=20", 0), ("--json", 6), ("--describe", 6)] {
                let run = try await CommandRun.run(
                    ["arrow", "cat", option, path], addressLimit: 1_000_000)
                #expect(run.status == status, "\(number) \(option) \(run.errors)")
                #expect(run.output.utf8.count < 10_000)
            }
        }
        let path = try Self.write(
            Table(["v": Column(nulls: 400_000)]).ipcFile(), folder, "nulls.arrow")
        let nulls = try await CommandRun.run(
            ["arrow", "cat", "--json", path], addressLimit: 1_000_000)
        #expect(nulls.status == 0 && nulls.output.utf8.count > 5 * 400_000)
    }

    @Test func `nothing in a table steers the terminal`() async throws {
        let folder = try TemporaryDirectory()
        let evil = "\u{1B}]0;title\u{07}\n\t\u{9B}31m"
        let metadata: Metadata = [evil: evil]
        let schema = Schema([Field(evil, .utf8, metadata: metadata)], metadata: metadata)
        let batch = try RecordBatch(schema: schema, columns: [Column([evil])])
        let path = try Self.write(Table(batch).ipcStream(), folder, "a.arrows")
        for words in [
            ["cat"], ["schema"], ["cat", "--describe"], ["cat", "--json"], ["schema", "--json"],
        ] {
            let run = try await CommandRun.run(["arrow"] + words + [path])
            #expect(run.status == 0 && run.output.contains("title"))
            let harmful = run.output.unicodeScalars.filter {
                ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value)
            }
            #expect(harmful.isEmpty, "\(words)")
        }
    }

    @Test func `metadata that is no text is shown as what it is`() async throws {
        let folder = try TemporaryDirectory()
        let bytes = Bytes([0x80, 4, 0x95, 0xFF])
        let schema = Schema(
            [Field("a", .int8)],
            metadata: Metadata([Metadata.Entry(key: "pickle", value: bytes)]))
        let batch = try RecordBatch(schema: schema, columns: [Column([Int8(1)])])
        let path = try Self.write(Table(batch).ipcStream(), folder, "a.arrows")
        let json = try await CommandRun.run(["arrow", "schema", "--json", path])
        #expect(try json.json()[0]["metadata"] == [["pickle", ["hex": "800495ff"]]])
        let text = try await CommandRun.run(["arrow", "schema", path])
        #expect(text.output.contains("pickle: 4 bytes") && !text.output.contains("\u{FFFD}"))
    }

    @Test func `other formats are named with what to do`() async throws {
        let folder = try TemporaryDirectory()
        let inputs: [(String, String, String)] = [
            ("PAR1....", "Parquet", "pyarrow"), ("FEA1....", "Feather V1", "Feather V2"),
            ("a,b,c\n1,2,3\n", "CSV", "convert"), ("a,b\n1,2\n", "CSV", "convert"),
            ("{\"a\": 1}", "JSON", "jsontable"),
        ]
        for (text, name, advice) in inputs {
            let path = try Self.write(Bytes(utf8: text), folder, "input")
            let run = try await CommandRun.run(["arrow", "cat", path])
            #expect(run.status == 7 && run.errors.contains(name) && run.errors.contains(advice))
        }
    }
}
