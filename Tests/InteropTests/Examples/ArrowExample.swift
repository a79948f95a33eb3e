import ArrowIPC
import BridgeBytes
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
}
