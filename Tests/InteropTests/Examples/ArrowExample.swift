import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// The README's example of ArrowIPC; a tidy test holds the two together.
@Suite struct ArrowExample {
    @Test func writesAndReadsATable() throws {
        let table = try Table([
            "id": Column([1, 2, 3] as [Int64]),
            "name": Column(["Ada", nil, "Grace"]),
            "reading": Column(
                lists: [2, 0, 1], of: Column([0.5, 1.5, 2.5])),
        ])
        let stream = try table.ipcStream()  // one exact allocation; `ipcStreamSegments()`: none

        let received = try Table(ipcStream: stream)  // columns are views of the bytes
        let column = try received.columns("id")[0]
        let ids = try column.values(as: Int64.self)
        var sum: Int64 = 0
        for index in ids.indices { sum += ids[index] }
        let names = try received.columns("name")[0].texts()
        #expect(sum == 6 && Array(names) == ["Ada", nil, "Grace"])
    }

    @Test func turnsRowsIntoColumnsAndReadsFromAnywhere() async throws {
        struct Reading: Codable, Equatable {
            var sensor: String
            var value: Double?
        }
        let rows = [Reading(sensor: "a", value: 0.5), Reading(sensor: "b", value: nil)]
        let readings = try Table(rows: rows)  // utf8 and float64
        let back = try readings.rows(as: Reading.self)
        #expect(back == rows)

        let folder = try TemporaryDirectory()
        let path = folder.file("readings.arrows")
        try TestFile.write(readings.ipcStream(), to: path)
        // A mapped file: only the pages of what is used are touched. Any other column: not one.
        let mapped = try Bytes(mappingFile: path)
        let values = try Table(ipcStream: mapped, columns: .named(["value"]))
        #expect(values.count == 2 && values.schema.fields.count == 1)

        let (pieces, socket) = AsyncStream.makeStream(of: Bytes.self)
        for start in stride(from: 0, to: mapped.count, by: 100) {
            socket.yield(mapped[start..<min(start + 100, mapped.count)])
        }
        socket.finish()
        var count = 0
        // One batch at a time out of pieces cut anywhere, in bounded memory.
        for try await batch in pieces.arrowBatches() { count += batch.count }
        #expect(count == 2)
    }
}
