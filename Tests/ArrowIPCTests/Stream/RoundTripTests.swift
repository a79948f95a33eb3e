import ArrowIPC
import BridgeBytes
import TestKit
import Testing

@Suite struct RoundTripTests {
    @Test func everyTypeSurvives() throws {
        let table = try Tables.wide()
        let stream = try table.ipcStream()
        let read = try Table(ipcStream: stream)
        try read.validate(full: true)
        #expect(read.schema == table.schema)
        #expect(read.batches.map(\.count) == [5, 3, 0, 5])
        #expect(read.batches[0].metadata?["part"] == "1")
        // Slices were rebased, so what was read and is written again is the same stream.
        #expect(try read.ipcStream() == stream)
    }

    @Test func valuesAreThoseThatWereWritten() throws {
        let batch = try Table(ipcStream: try Tables.wide().ipcStream()).batches[1]
        #expect(Array(try batch.column("int64").values(as: Int64?.self)) == [nil, 0, 1])
        #expect(Array(try batch.column("float32").values(as: Float?.self))[0] == nil)
        #expect(Array(try batch.column("utf8").texts()) == [nil, "Zürich", "日本"])
        #expect(Array(try batch.column("large").texts()) == [nil, "Zürich", "日本"])
        #expect(Array(try batch.column("binary").blobs()) == [nil, [], [1]])
        #expect(try batch.column("bool").bits()[2])
        #expect(batch.columns[0].isNull(at: 1))
        #expect(batch.columns[0].nullCount == 1)
        let lists = try batch.column("lists").lists()
        #expect(lists.map { $0?.count } == [0, nil, 1])
        let structure = try batch.column("structure")
        #expect((0..<3).map { structure.isNull(at: $0) } == [false, true, false])
        let inner = try structure.child(named: "a")
        #expect(Array(try inner.values(as: Int64?.self)) == [nil, 3, 4])
    }

    @Test func segmentsAreTheColumnsOwnMemory() throws {
        let rows = 10_000
        let ids = Column(capacity: rows, of: Int64.self) { output in
            for row in 0..<rows { output.append(Int64(row)) }
        }
        let names = Column((0..<rows).map { "name\($0)" })
        let table = try Table(["id": ids, "name": names])
        let plan = try table.ipcStreamPlan()
        let stream = plan.joined()
        #expect(plan.count == stream.count)
        #expect(plan.segments.reduce(0) { $0 + $1.count } == plan.count)
        let addresses = plan.segments.map(\.address)
        let values = try ids.span(as: Int64.self)
        let address = unsafe values.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(addresses.contains(address))
        // Heads, ids, offsets, padding, text, end mark: small things are joined.
        #expect(plan.segments.count == 6)
    }

    @Test func columnsAreViewsOfTheStream() throws {
        let stream = try Tables.wide().ipcStream()
        let range = stream.address..<stream.address + UInt(stream.count)
        for batch in try Table(ipcStream: stream).batches where batch.count > 0 {
            for name in ["utf8", "large", "binary"] {
                for blob in try batch.column(name).blobs() {
                    guard let blob, !blob.isEmpty else { continue }
                    #expect(range.contains(blob.address))
                }
            }
            let column = try batch.column("int64")
            let values = try column.span(as: Int64.self)
            let address = unsafe values.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
            #expect(range.contains(address))
            #expect(address % 64 == 0)
        }
    }

    @Test func misalignedInputIsReadAllTheSame() throws {
        let stream = try Tables.wide().ipcStream()
        for shift in 1..<9 {
            let moved = Bytes([UInt8](repeating: 7, count: shift) + [UInt8](stream))[shift...]
            let read = try Table(ipcStream: moved)
            #expect(try read.ipcStream() == stream)
        }
    }

    @Test func everySliceIsWrittenFromItsFirstRow() throws {
        let batch = try Tables.wide().batches[0]
        for lower in 0...5 {
            for upper in lower...5 {
                let stream = try batch[lower..<upper].ipcStream()
                let read = try Table(ipcStream: stream).batches[0]
                try read.validate(full: true)
                #expect(read.count == upper - lower)
                let texts = try read.column("utf8").texts()
                #expect(Array(texts) == Array(["", nil, "Zürich", "日本", "🙂"][lower..<upper]))
                let bits = try read.column("bool")
                let valid = [true, true, false, true, false][lower..<upper]
                #expect((0..<read.count).map { !bits.isNull(at: $0) } == Array(valid))
            }
        }
    }
}
