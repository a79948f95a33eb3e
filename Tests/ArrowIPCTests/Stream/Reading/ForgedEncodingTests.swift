import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// Columns whose values lie in other columns, with indices, run ends, codes and offsets that point
/// elsewhere: found by validation and on access, and never a trap.
@Suite struct ForgedEncodingTests {
    private func forged(
        _ fixture: String, _ column: String, _ forge: (Bytes) throws -> Bytes
    ) throws -> Column {
        let path = PackageRoot.file("Fixtures/arrow/\(fixture).arrows")
        let stream = try Table(ipcStream: TestFile.bytes(path), columns: .named([column]))
            .batches[0].ipcStream()
        return try Table(ipcStream: try forge(stream)).batches[0].columns[0]
    }

    /// Whether validation refuses the column, and whatever is asked of it does not trap.
    private func check(_ column: Column) {
        let error = #expect(throws: ArrowError.self) { try column.validate() }
        #expect(error?.code == .invalidData)
        var exercise = Exercise()
        for part in [column, column[0..<1], column[1..<column.count]] {
            if let batch = try? RecordBatch(["c": part]) { exercise.batchRead(batch) }
        }
        #expect(exercise.refusals > 0)
    }

    @Test(
        arguments: [[3, 1, 4], [0, 3, 4], [1, 3, 3], [1, 1, 4], [-1, 3, 4], [1, 3, .min]]
            as [[Int32]])
    func runEndsMustAscendAndCover(ends: [Int32]) throws {
        let column = try forged("encoded", "runs") {
            try Forgery.replacing(narrow: [1, 3, 4, 0], by: ends + [0], in: $0)
        }
        check(column)
    }

    @Test(
        arguments: [[3, 0, 0, 1], [.max, 0, 0, 1], [-1, 0, 0, 1], [.min, 0, 0, 1]] as [[Int64]])
    func indicesMustBeInsideTheDictionary(indices: [Int64]) throws {
        let column = try forged("encoded", "wide") {
            try Forgery.replacing([2, 0, 0, 1], by: indices, in: $0)
        }
        check(column)
    }

    @Test func indicesUnderNullsDoNotMatter() throws {
        let column = try forged("encoded", "wide") {
            try Forgery.replacing([2, 0, 0, 1], by: [2, .max, 0, 1], in: $0)
        }
        try column.validate(full: true)
        #expect(column.isNull(at: 1))
        // Written again, also where the indices are written anew, it is a valid stream.
        let table = try Table(["c": column])
        try Table(ipcStream: try table.ipcStream()).validate(full: true)
    }

    @Test(arguments: [[0, 0, 1, 2], [-1, 0, 1, 1], [0, .max, 1, 1]] as [[Int32]])
    func unionOffsetsMustBeInsideTheChild(offsets: [Int32]) throws {
        let column = try forged("encoded", "dense") {
            // Before the offsets lie the codes 0, 5, 0, 5 and their padding.
            let padding = [0x0500_0500] + [Int32](repeating: 0, count: 15)
            return try Forgery.replacing(
                narrow: padding + [0, 0, 1, 1], by: padding + offsets, in: $0)
        }
        check(column)
    }

    @Test(arguments: ["dense", "sparse"]) func unionCodesMustBeDeclared(name: String) throws {
        for code in [1, 127, -1, -128] as [Int8] {
            let column = try forged("encoded", name) {
                let codes: [UInt8] = [0, 5, 0, 5] + [UInt8](repeating: 0, count: 60)
                return try Forgery.replacing(
                    bytes: codes, by: [0, UInt8(bitPattern: code)] + codes[2...], in: $0)
            }
            check(column)
        }
    }

    @Test(
        arguments: [
            [0, 3, 3, 4], [-1, 3, 3, 3], [.max, 3, 3, 3], [0, 3, .min, 3],
        ] as [[Int32]]) func listViewsMustBeInsideTheItems(offsets: [Int32]) throws
    {
        let column = try forged("nested", "list_view") {
            try Forgery.replacing(narrow: [0, 3, 3, 3], by: offsets, in: $0)
        }
        check(column)
    }

    @Test func sharedItemsAreBounded() throws {
        // Each level's lists all show all of the level below: some bytes a level, 100^8 values.
        var column = Column((0..<100).map { Int8(truncatingIfNeeded: $0) })
        for _ in 0..<8 {
            let lists = try Column(lists: [column.count], of: column)
            column = try Column(dictionary: [lists], indices: [Int8?](repeating: 0, count: 100))
        }
        let table = try Table(["c": column])
        try table.validate(full: true)
        let error = #expect(throws: ArrowError.self) { try Self.form(of: table) }
        #expect(error?.code == .limitExceeded)
        struct Row: Decodable { var c: [[[[[[[[Int]]]]]]]] }
        let rows = #expect(throws: ArrowError.self) { try table.rows(as: Row.self) }
        #expect(rows?.code == .limitExceeded)
    }

    private static func form(of table: Table) throws(ArrowError) -> Int {
        try PrintedSize.check(table)
        return try ArrowJSONForm.text(of: table).count
    }

    @Test func dictionariesInsideDictionariesKeepTheirValues() throws {
        let words = try Column(
            dictionary: [Column(["a", "b"])], indices: [1, 0, 1] as [Int8?], id: 1)
        let pairs = try Column(structure: [(Field("word", words.type), words)])
        let column = try Column(dictionary: [pairs], indices: [2, nil, 1] as [Int16?], id: 2)
        let read = try Table(ipcStream: try Table(["c": column]).ipcStream()).batches[0].columns[0]
        try read.validate(full: true)
        let place = try read.resolved(at: 0)
        let inner = try place.column.children[0].resolved(at: place.position)
        #expect(try inner.column.text(at: inner.position) == "b")
        // Both with one id: told apart when written.
        let same = try Column(dictionary: [pairs], indices: [0] as [Int16?], id: 1)
        let again = try Table(ipcStream: try Table(["c": same]).ipcStream()).batches[0].columns[0]
        try again.validate(full: true)
    }

    @Test func manyDeltasAreBoundedAndFound() throws {
        let parts = (0..<200).map { Column(["value \($0)"]) }
        let column = try Column(dictionary: parts, indices: (0..<200).map { UInt8($0) as UInt8? })
        var options = WriteOptions.portable
        options.joinsDictionaries = false
        let stream = try Table(["c": column]).ipcStream(options: options)
        let read = try Table(ipcStream: stream).batches[0].columns[0]
        for row in [0, 1, 99, 198, 199] {
            let place = try read.resolved(at: row)
            #expect(try place.column.text(at: place.position) == "value \(row)")
        }
        var limits = ArrowLimits()
        limits.maxDictionaryChunks = 199
        let error = #expect(throws: ArrowError.self) {
            try Table(ipcStream: stream, limits: limits)
        }
        #expect(error?.code == .limitExceeded)
    }
}
