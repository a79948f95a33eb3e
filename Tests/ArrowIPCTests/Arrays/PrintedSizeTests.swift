import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// Small tables that would become too much text are refused before any of it is written.
@Suite struct PrintedSizeTests {
    private static func failure(_ table: Table, _ limits: ArrowLimits = .default) -> ErrorCode? {
        do throws(ArrowError) {
            try PrintedSize.check(table, limits: limits)
            return nil
        } catch { return error.code }
    }

    private static func repeated(_ value: Column, _ count: Int) throws -> Column {
        try Column(dictionary: [value], indices: [Int32?](repeating: 0, count: count))
    }

    @Test func sharedValuesAreBounded() throws {
        let long = Column([String(repeating: "x", count: 100_000)])
        #expect(Self.failure(try Table(["d": Self.repeated(long, 10_000)])) == .limitExceeded)
        #expect(Self.failure(try Table(["d": Self.repeated(long, 1_000)])) == nil)
        let runs = try Column(runs: [1_000_000_000], of: Column(["a value"]))
        #expect(Self.failure(try Table(["r": runs])) == .limitExceeded)
        let items = Column([Int8](repeating: 0, count: 100_000))
        let views = try Column(
            listViews: [Range<Int>?](repeating: 0..<100_000, count: 10_000), of: items)
        #expect(Self.failure(try Table(["v": views])) == .limitExceeded)
    }

    @Test func valuesThatHoldNothingAreBounded() throws {
        let nulls = Column(nulls: 1 << 24)
        #expect(Self.failure(try Table(["a": nulls])) == nil)
        let many = Schema((0..<10).map { Field("\($0)", .null) })
        let batch = try RecordBatch(schema: many, columns: (0..<10).map { _ in nulls })
        #expect(Self.failure(Table(batch)) == .limitExceeded)
    }

    @Test func theLimitIsWhatTheCallerSays() throws {
        let table = try Table(["d": Self.repeated(Column(["0123456789"]), 1_000)])
        var limits = ArrowLimits.default
        limits.printedAllowance = 100
        limits.maxPrintedRatio = 1
        #expect(Self.failure(table, limits) == .limitExceeded)
        limits.maxPrintedRatio = 10
        #expect(Self.failure(table, limits) == nil)
    }

    @Test func whatCannotBePrintedIsFoundBeforehand() throws {
        let bad = try Column([Bytes([0xFF])]).viewed(as: .utf8)
        #expect(Self.failure(try Table(["t": bad])) == .invalidUTF8)
    }

    /// The size that is reckoned is at most what is written, and not far below it.
    @Test func theSizeIsThatOfTheText() throws {
        let table = try Tables.wide()
        let text = try ArrowJSONForm.text(of: table)
        var limits = ArrowLimits.default
        limits.maxPrintedRatio = 0
        limits.printedAllowance = text.count
        #expect(Self.failure(table, limits) == nil)
        limits.printedAllowance = text.count / 20
        #expect(Self.failure(table, limits) == .limitExceeded)
    }

    @Test func piecesAreBoundedAndMakeTheSameText() throws {
        let texts = (0..<3).map { String(repeating: "äöü\u{1B}\"日", count: 40_000 + $0) }
        let table = try Table([
            "t": Column(texts), "b": Column(texts.map { Bytes(utf8: $0) }),
            "n": Column([1, nil, 3] as [Int64?]),
        ])
        let whole = try ArrowJSONForm.text(of: table)
        var pieces: [Bytes] = []
        var output = JSONPieces { piece in
            pieces.append(piece)
            return true
        }
        try ArrowJSONForm.write(table, into: &output)
        output.finish()
        #expect(Segments(pieces).joined() == whole)
        #expect(pieces.count > 10)
        for piece in pieces {
            #expect(piece.count < 4 * JSONPieces.pieceSize)
            #expect(String(validating: piece) != nil)
        }
    }

    @Test func anOutputThatTakesNoMoreEndsTheWriting() throws {
        let column = Column((0..<1_000_000).map { Int64($0) })
        let table = try Table(["n": column])
        let (taken, code) = Self.writtenUntilRefused(table)
        #expect(taken == 1 && code == .cancelled)
    }

    private static func writtenUntilRefused(_ table: Table) -> (pieces: Int, code: ErrorCode?) {
        var taken = 0
        var output = JSONPieces { _ in
            taken += 1
            return false
        }
        do throws(ArrowError) {
            try ArrowJSONForm.write(table, into: &output)
            return (taken, nil)
        } catch { return (taken, error.code) }
    }
}
