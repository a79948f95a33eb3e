import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Values of columns as collections.
@Suite struct ColumnValuesTests {
    private func message(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return "\(error)" }
        return nil
    }

    @Test func `numbers are read in place, as a collection of any use`() throws {
        let column = Column([3, 1, 2])
        let values = try column.values(as: Int.self)
        #expect(Array(values) == [3, 1, 2])
        #expect(values.sorted() == [1, 2, 3])
        #expect(values.first == 3 && values[2] == 2 && values.max() == 3)
        var total = 0
        for value in try column.values(as: Int64.self) { total += Int(value) }
        #expect(total == 6)
        #expect(Array(values[1...]) == [1, 2])
        #expect(Array(try column[1..<3].values(as: Int.self)) == [1, 2])
    }

    @Test func `a type with a null is asked for as an optional`() throws {
        let column = Column([0.5, nil, 1.5])
        #expect(Array(try column.values(as: Double?.self)) == [0.5, nil, 1.5])
        let refusal = message { _ = try column.values(as: Double.self) }
        #expect(refusal?.contains("ask for values(as: Double?.self)") == true)
        #expect(Array(try column[2..<3].values(as: Double.self)) == [1.5])
        #expect(Array(try Column(nulls: 2).values(as: Int?.self)) == [nil, nil])
        #expect(message { _ = try Column(nulls: 2).values(as: Int.self) } != nil)
    }

    @Test func `text, bytes, booleans and moments are values`() throws {
        #expect(Array(try Column(["a", "ü"]).values(as: String.self)) == ["a", "ü"])
        #expect(Array(try Column(["a", nil]).values(as: String?.self)) == ["a", nil])
        #expect(Array(try Column([true, false]).values(as: Bool.self)) == [true, false])
        #expect(Array(try Column([true, nil]).values(as: Bool?.self)) == [true, nil])
        let raw = Column([Bytes([1]), Bytes()])
        #expect(Array(try raw.values(as: Bytes.self)) == [Bytes([1]), Bytes()])
        #expect(try raw.values(as: Bytes.self)[0].count == 1)
        let batch = try Tables.wide().batches[0]
        #expect(
            try batch.column("instant").values(as: Timestamp?.self).map(\.?.seconds)
                == [1, nil, 0, 2, 3])
        #expect(
            try batch.column("local").values(as: Timestamp?.self)[0]
                == Timestamp(seconds: -1, nanoseconds: 999_999_000))
        #expect(
            try batch.column("date32").values(as: Timestamp?.self)[0]
                == Timestamp(seconds: -86_400))
        #expect(
            try batch.column("date64").values(as: Timestamp?.self)[0]
                == Timestamp(seconds: -86_400))
    }

    @Test func `lists are arrays`() throws {
        let lists = try Column(lists: [2, 0, nil, 1], of: Column([1, 2, 3]))
        #expect(Array(try lists.values(as: [Int]?.self)) == [[1, 2], [], nil, [3]])
        #expect(Array(try lists[0..<2].values(as: [Int].self)) == [[1, 2], []])
        #expect(message { _ = try lists.values(as: [String]?.self) } != nil)
    }

    @Test func `the wrong type says what the column holds`() throws {
        let refusal = message { _ = try Column([Int32(1)]).values(as: Int64.self) }
        #expect(refusal?.contains("a column of int32 holds no Int64: it holds Int32") == true)
        #expect(message { _ = try Column(["a"]).values(as: Int.self) }?.contains("String") == true)
        let table = try Table(["n": Column([1])])
        let named = message { _ = try table.column("n").values(as: String.self) }
        #expect(named?.contains("field \"n\"") == true)
        // Also where there is no value, so that it is told before there are any.
        #expect(message { _ = try table[0..<0].column("n").values(as: String.self) } != nil)
        let none = try Table(schema: table.schema, batches: [])
        #expect(message { _ = try none.column("n").values(as: String.self) } != nil)
        #expect(Array(try none.column("n").values(as: Int.self)) == [])
    }

    @Test func `dictionaries and runs are read through`() throws {
        let words = try Column(
            dictionary: [Column(["red"]), Column(["green", "blue"])],
            indices: [2, 0, nil, 1] as [Int8?])
        #expect(Array(try words.values(as: String?.self)) == ["blue", "red", nil, "green"])
        #expect(message { _ = try words.values(as: String.self) } != nil)
        #expect(Array(try words[0..<2].values(as: String.self)) == ["blue", "red"])
        let holed = try Column(dictionary: [Column(["a", nil])], indices: [0, 1] as [Int8?])
        #expect(Array(try holed.values(as: String?.self)) == ["a", nil])
        #expect(message { _ = try holed.values(as: String.self) } != nil)
        #expect(Array(try holed[0..<1].values(as: String.self)) == ["a"])
        let path = PackageRoot.file("Fixtures/arrow/encoded.arrows")
        let table = try Table(ipcStream: TestFile.bytes(path))
        #expect(Array(try table.column("runs").values(as: String?.self)) == ["x", nil, nil, "z"])
    }

    @Test(arguments: GoldenPair.fixtures + GoldenPair.shared)
    func `any column can be asked for any values`(pair: GoldenPair) throws {
        // Values that agree with those of the single accesses, or a typed error; no trap.
        guard let table = try? Table(ipcStream: TestFile.bytes(pair.stream)) else { return }
        for column in table.columns {
            compare(column, String?.self) { try $0.text(at: $1) }
            compare(column, Bytes?.self) { try $0.bytes(at: $1) }
            compare(column, Int64?.self) { try $0.number(Int64.self, at: $1) }
            compare(column, Double?.self) { try $0.number(Double.self, at: $1) }
            _ = message { for _ in try column.values(as: Timestamp?.self) {} }
            _ = message { for _ in try column.values(as: [Int?]?.self) {} }
            _ = message { for _ in try column.values(as: [[String?]?]?.self) {} }
            _ = "\(column)"
        }
    }

    private func compare<T: ArrowValue & Equatable>(
        _ column: TableColumn, _: T?.Type, _ single: (Column, Int) throws -> T?
    ) {
        guard let values = try? column.values(as: T?.self) else { return }
        var start = 0
        for chunk in column.chunks {
            for position in 0..<min(chunk.count, 32) {
                guard let place = try? chunk.resolved(at: position) else { continue }
                let isNull = chunk.isNull(at: position)
                guard let wanted = isNull ? .some(nil) : try? single(place.column, place.position)
                else { continue }
                // Not a number is not equal to itself.
                #expect(values[start + position] == wanted || wanted != wanted)
            }
            start += chunk.count
        }
        #expect(values.count == start)
    }
}
