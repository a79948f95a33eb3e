import ArrowIPC
import BridgeBytes
import TestKit
import Testing

@Suite struct ColumnTests {
    @Test func bitsAreCountedAtEveryShift() {
        var generator = SeededGenerator("bits")
        let flags = (0..<300).map { _ in Bool.random(using: &generator) }
        let bitmap = Bitmap(count: flags.count) { flags[$0] }
        for lower in 0..<20 {
            for upper in [lower, lower + 1, lower + 7, lower + 64, lower + 129, 300] {
                let part = bitmap[lower..<upper]
                #expect(part.setCount == flags[lower..<upper].count { $0 })
                #expect(Array(part) == Array(flags[lower..<upper]))
            }
        }
    }

    @Test func valuesOfAnotherTypeAreRefused() throws {
        let column = Column([1, 2, 3])
        let error = #expect(throws: ArrowError.self) { try column.number(Int32.self, at: 0) }
        #expect(error?.code == .typeMismatch)
        #expect(throws: ArrowError.self) { try column.texts() }
        #expect(throws: ArrowError.self) { try column.bits() }
        #expect(throws: ArrowError.self) { try column.list(at: 0) }
        #expect(throws: ArrowError.self) { try column.child(named: "x") }
        #expect(try column.number(Int.self, at: 2) == 3)
    }

    @Test func closuresFillColumnsInPlace() throws {
        let column = Column(capacity: 100, of: Double.self) { output in
            for value in 0..<10 { output.append(Double(value)) }
        }
        #expect(column.count == 10)
        #expect(Array(try column.values(as: Double?.self)) == (0..<10).map { Double($0) })
    }

    @Test func buildersGrowAndKeepNulls() throws {
        var numbers = NumberBuilder<Int32>(type: .date32)
        var texts = TextBuilder()
        var flags = BoolBuilder()
        let values = (0..<1_000).map { $0 % 7 == 3 ? nil : Int32($0) }
        for value in values {
            numbers.append(value)
            texts.append(value.map { String($0) })
            flags.append(value.map { $0 % 2 == 0 })
        }
        let dates = numbers.finish()
        #expect(dates.type == .date32)
        #expect(dates.nullCount == values.count { $0 == nil })
        #expect(Array(try dates.values(as: Int32?.self)) == values)
        let strings = texts.finish()
        #expect(Array(try strings.texts()) == values.map { $0.map { String($0) } })
        let booleans = flags.finish()
        #expect(booleans.nullCount == dates.nullCount)
        let bits = try booleans.bits()
        #expect(values.indices.allSatisfy { bits[$0] == (values[$0].map { $0 % 2 == 0 } ?? false) })
    }

    @Test(arguments: [DataType.utf8, .binary]) func textThatOutgrowsItsOffsetsBecomesLarge(
        type: DataType
    ) throws {
        var builder = TextBuilder(type: type, narrowLimit: 10)
        for word in ["abcde", "fghij", "k"] { builder.append(Bytes(utf8: word).span) }
        builder.appendNull()
        let column = builder.finish()
        #expect(column.type == (type == .utf8 ? .largeUTF8 : .largeBinary))
        try column.validate(full: true)
        let blobs = try column.blobs().map { $0.map { String(repairing: $0) } }
        #expect(blobs == ["abcde", "fghij", "k", nil])
    }

    @Test func columnsCanBeViewedAsAnotherTypeOfTheSameLayout() throws {
        let column = try Column([1, nil, 3] as [Int64?]).viewed(as: .duration(.second))
        #expect(column.type == .duration(.second))
        #expect(Array(try column.values(as: Int64?.self)) == [1, nil, 3])
        #expect(throws: ArrowError.self) { try column.viewed(as: .int32) }
        #expect(throws: ArrowError.self) { try column.viewed(as: .utf8) }
    }

    @Test func listsAndStructuresMustFitTheirParts() {
        let items = Column([1, 2, 3])
        #expect(throws: ArrowError.self) { try Column(lists: [1, 1], of: items) }
        #expect(throws: ArrowError.self) { try Column(lists: [4], of: items) }
        #expect(throws: ArrowError.self) { try Column(lists: [-1, 4], of: items) }
        #expect(throws: ArrowError.self) {
            try Column(structure: [(Field("a", .int64), items)], validity: [true])
        }
        #expect(throws: ArrowError.self) {
            try Column(structure: [(Field("a", .int32), items)])
        }
        #expect(throws: ArrowError.self) { try Table(["a": items, "b": Column([1])]) }
    }

    @Test func batchesOfOtherFieldsAreNoTable() throws {
        let batch = try RecordBatch(["a": Column([1])])
        let error = #expect(throws: ArrowError.self) {
            try Table(schema: Schema([Field("b", .int64)]), batches: [batch])
        }
        #expect(error?.code == .typeMismatch)
        #expect(throws: ArrowError.self) { try batch.column("b") }
    }

    @Test func emptyColumnsOfEveryKindAreWritten() throws {
        let table = try Table([
            "n": Column([] as [Int]), "t": Column([] as [String]), "b": Column([] as [Bool]),
            "l": Column(lists: [], of: Column([] as [Double])),
        ])
        let read = try Table(ipcStream: try table.ipcStream())
        #expect(read.count == 0)
        try read.validate(full: true)
        #expect(Array(try read.batches[0].columns[1].texts()) == [])
        #expect(try read.batches[0].columns[3].lists().isEmpty)
    }
}
