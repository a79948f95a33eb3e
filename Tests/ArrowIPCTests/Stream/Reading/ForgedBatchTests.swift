import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Heads that contradict their bodies, and columns that contradict themselves.
@Suite struct ForgedBatchTests {
    private func refusal(_ stream: Bytes, limits: ArrowLimits = .default) -> ErrorCode? {
        do throws(ArrowError) {
            _ = try Table(ipcStream: stream, limits: limits)
            return nil
        } catch { return error.code }
    }

    private func numbers() throws -> Bytes {
        try Table(["n": Column([77, 78, 79])]).ipcStream()
    }

    @Test(arguments: [
        [0, 25, 64], [-8, 24, 0], [48, 24, 0], [Int64.max - 7, 24, 0], [0, .max, 0], [0, -1, 0],
        [Int64.min, 24, 0], [0, 16, 0],
    ])
    func buffersOutsideTheBodyAreRefused(forged: [Int64]) throws {
        let stream = try numbers()
        // The column's two buffers: no validity, and 24 bytes of values in a body of 64.
        let place = Array(forged.prefix(2))
        let changed = try Forgery.replacing([0, 0, 0, 24], by: [0, 0] + place, in: stream)
        // A little more than needed is padding, as long as it lies in the body.
        #expect(refusal(changed) == (place == [0, 25] ? nil : .invalidBatch))
    }

    @Test(arguments: [[4, 0], [.max, 0], [-1, 0], [3, 4], [3, -2], [3, 1], [2, 0]])
    func impossibleNodesAreRefused(node: [Int64]) throws {
        // The node, the number of buffers after four bytes of padding, and the buffers.
        let rest: [Int64] = [2 << 32, 0, 0, 0, 24]
        let changed = try Forgery.replacing([3, 0] + rest, by: node + rest, in: try numbers())
        #expect(refusal(changed) == .invalidBatch)
    }

    @Test func rowsWithoutDataAreBounded() throws {
        let stream = try Table(["n": Column(nulls: 987_654)]).ipcStream()
        #expect(refusal(stream) == nil)
        var limits = ArrowLimits()
        limits.maxRowsWithoutData = 987_653
        #expect(refusal(stream, limits: limits) == .limitExceeded)
        let node = try Forgery.replacing([987_654, 987_654], by: [1 << 40, 1 << 40], in: stream)
        #expect(refusal(node) == .invalidBatch)
        let bomb = try Forgery.replacing([987_654], by: [1 << 40], in: node)
        #expect(refusal(bomb) == .limitExceeded)
    }

    @Test(
        arguments: [[0, -1, 7, 9], [0, 8, 7, 9], [0, 3, 7, 10_000], [-4, 3, 7, 9]] as [[Int32]])
    func forgedOffsetsAreFoundOnFirstUse(offsets: [Int32]) throws {
        let stream = try Table(["t": Column(["abc", "defg", "hi"])]).ipcStream()
        let changed = try Forgery.replacing(narrow: [0, 3, 7, 9], by: offsets, in: stream)
        let table = try Table(ipcStream: changed)
        let column = table.batches[0].columns[0]
        for body in [
            { _ = try column.texts() }, { _ = try column.blobs() }, { try column.validate() },
            { for position in 0..<3 { _ = try column.text(at: position) } },
        ] as [() throws -> Void] {
            let error = #expect(throws: ArrowError.self) { try body() }
            #expect(error?.code == .invalidData)
        }
    }

    @Test func forgedListsAreFoundOnFirstUse() throws {
        let lists = try Column(lists: [3, 4, 2], of: Column([1, 2, 3, 4, 5, 6, 7, 8, 9]))
        let stream = try Table(["l": lists]).ipcStream()
        let changed = try Forgery.replacing(narrow: [0, 3, 7, 9], by: [0, 3, 7, 10], in: stream)
        let column = try Table(ipcStream: changed).batches[0].columns[0]
        #expect(try column.list(at: 1)?.count == 4)
        #expect(throws: ArrowError.self) { try column.list(at: 2) }
        #expect(throws: ArrowError.self) { try column.lists() }
        #expect(throws: ArrowError.self) { try Table(["l": column]).ipcStream() }
    }

    @Test func invalidTextIsFoundOnDemand() throws {
        var builder = TextBuilder()
        builder.append([0x61, 0xFF, 0x62].span)
        builder.append("ok")
        let column = builder.finish()
        try column.validate()
        let error = #expect(throws: ArrowError.self) { try column.validate(full: true) }
        #expect(error?.code == .invalidUTF8)
        #expect(throws: ArrowError.self) { try column.text(at: 0) }
        #expect(try column.text(at: 1) == "ok")
        #expect(Array(try column.texts()) == ["a\u{FFFD}b", "ok"])
    }

    @Test func offsetsInsideACharacterAreInvalidText() throws {
        var builder = TextBuilder()
        builder.append([0x61, 0xC3].span)
        builder.append([0xA9, 0x62].span)
        let column = builder.finish()
        #expect(throws: ArrowError.self) { try column.validate(full: true) }
        try Column(["aé", "éb"]).validate(full: true)
    }

    @Test func nestingIsBounded() throws {
        var column = Column([1])
        for _ in 0..<60 { column = try Column(lists: [1], of: column) }
        #expect(refusal(try Table(["deep": column]).ipcStream()) == nil)
        for _ in 0..<60 { column = try Column(lists: [1], of: column) }
        #expect(refusal(try Table(["deep": column]).ipcStream()) == .limitExceeded)
    }

    @Test func sharedTablesAreWalkedOnlyAsOftenAsTheyHaveRoom() {
        #expect(refusal(Forgery.sharedChildren(depth: 20)) == .invalidFlatBuffer)
        // Without sharing to speak of, the walk gets through, and finds a field without a type.
        #expect(refusal(Forgery.sharedChildren(depth: 1)) == .invalidSchema)
    }

    @Test func headsAndFieldsAreBounded() throws {
        let stream = try numbers()
        var limits = ArrowLimits()
        limits.maxMetadataLength = 64
        #expect(refusal(stream, limits: limits) == .limitExceeded)
        limits = ArrowLimits()
        limits.maxBodyLength = 63
        #expect(refusal(stream, limits: limits) == .limitExceeded)
        limits = ArrowLimits()
        limits.maxFields = 0
        #expect(refusal(stream, limits: limits) == .limitExceeded)
    }
}
