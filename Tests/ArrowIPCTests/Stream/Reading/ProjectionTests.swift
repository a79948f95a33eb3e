import ArrowIPC
import BridgeBytes
import TestKit
import Testing

@Suite struct ProjectionTests {
    @Test(arguments: GoldenPair.fixtures + GoldenPair.shared)
    func eachColumnAloneIsTheSame(pair: GoldenPair) throws {
        let stream = try TestFile.bytes(pair.stream)
        guard let whole = try? Table(ipcStream: stream), whole.schema.fields.count < 60 else {
            return
        }
        for (position, field) in whole.schema.fields.enumerated() {
            let part = try Table(ipcStream: stream, columns: .at([position]))
            #expect(part.schema.fields == [field])
            #expect(part.count == whole.count)
            let expected = try Table(
                schema: part.schema,
                batches: whole.batches.map {
                    try RecordBatch(
                        schema: part.schema, columns: [$0.columns[position]], metadata: $0.metadata)
                })
            #expect(try part.ipcStream() == expected.ipcStream())
        }
    }

    @Test func columnsComeInTheOrderAskedFor() throws {
        let stream = try Tables.wide().ipcStream()
        let table = try Table(ipcStream: stream, columns: .named(["utf8", "bool", "utf8"]))
        #expect(table.schema.fields.map(\.name) == ["utf8", "bool", "utf8"])
        #expect(table.batches[0].columns.map(\.type) == [.utf8, .bool, .utf8])
        #expect(table.schema.metadata?["source"] == "test")
        #expect(try Table(ipcStream: stream, columns: .at([])).count == 13)
    }

    @Test func unknownColumnsAreRefused() throws {
        let stream = try Tables.wide().ipcStream()
        for selection in [ColumnSelection.named(["bool", "x"]), .at([0, 99]), .at([-1])] {
            let error = #expect(throws: ArrowError.self) {
                try StreamReader(stream, columns: selection)
            }
            #expect(error?.code == .columnNotFound)
        }
    }

    @Test func whatIsWrongWithOtherColumnsIsNotLookedAt() throws {
        let stream = try Table(["t": Column([5, 6]), "n": Column([1, 2, 3][0..<2].map { $0 })])
            .ipcStream()
        // The first column's values are said to lie outside the body.
        let forged = try Forgery.replacing(
            [0, 0, 0, 16, 64, 0, 64, 16], by: [0, 0, 1 << 40, 16, 64, 0, 64, 16], in: stream)
        #expect(throws: ArrowError.self) { try Table(ipcStream: forged) }
        let table = try Table(ipcStream: forged, columns: .named(["n"]))
        #expect(Array(try table.column("n").values(as: Int.self)) == [1, 2])
    }
}
