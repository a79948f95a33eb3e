import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Property: however the input is cut, the decoder gives what the reader gives of the whole.
@Suite struct StreamDecoderTests {
    /// What came out: the batches written again, and the error that ended them.
    struct Outcome: Equatable {
        var batches: [Bytes] = []
        var error: ArrowError?
        var unread: [UInt8] = []
    }

    private static func outcome(
        _ pieces: [Bytes], columns: ColumnSelection = .all
    ) throws -> Outcome {
        var decoder = StreamDecoder(columns: columns, salvagesFiles: true)
        var outcome = Outcome()
        do throws(ArrowError) {
            for piece in pieces {
                decoder.feed(piece)
                while let batch = try decoder.next() {
                    outcome.batches.append(try batch.ipcStream())
                }
            }
            decoder.finish()
            while let batch = try decoder.next() { outcome.batches.append(try batch.ipcStream()) }
        } catch { outcome.error = error }
        outcome.unread = decoder.unread.flatMap { [UInt8]($0) }
        return outcome
    }

    @Test(arguments: GoldenPair.fixtures) func everySplitGivesTheSame(pair: GoldenPair) throws {
        let stream = try TestFile.bytes(pair.stream)
        let whole = try Table(ipcStream: stream).batches.map { try $0.ipcStream() }
        for feed in Splits.of(stream, name: pair.testDescription) {
            let outcome = try Self.outcome(feed.pieces)
            #expect(outcome.error == nil, "\(feed)")
            #expect(outcome.batches == whole, "\(feed)")
        }
    }

    @Test func trailingBytesAreLeftAlone() throws {
        let stream = try Table(["n": Column([1, 2])]).ipcStream()
        let tail: [UInt8] = Array("not of the stream".utf8)
        for feed in Splits.of(Bytes([UInt8](stream) + tail)) {
            let outcome = try Self.outcome(feed.pieces)
            #expect(outcome.error == nil)
            #expect(outcome.batches.count == 1)
            #expect(outcome.unread == tail, "\(feed)")
        }
    }

    /// Every prefix in linear time: after each byte the decoder says whether the stream might end
    /// here, which is so only between two messages.
    @Test(arguments: GoldenPair.streams)
    func everyPrefixIsIncompleteOrEndsBetweenMessages(pair: GoldenPair) throws {
        let whole = try TestFile.bytes(pair.stream)
        var decoder = StreamDecoder()
        var ends: [Int] = []
        var error: ArrowError?
        for count in 0..<whole.count where error == nil {
            decoder.feed(whole[count..<count + 1])
            do throws(ArrowError) { while try decoder.next() != nil {} } catch let caught {
                error = caught
            }
            if decoder.isComplete { ends.append(count + 1) }
        }
        decoder.finish()
        do throws(ArrowError) { while try decoder.next() != nil {} } catch let caught {
            error = caught
        }
        #expect(error == Self.error(of: whole))
        // The prefixes that look complete are, and no other is: tried at and around each.
        for end in Set(ends.prefix(50)) where error == nil {
            #expect(Self.error(of: whole[0..<end]) == nil)
            if !ends.contains(end - 1) {
                #expect(Self.error(of: whole[0..<end - 1])?.offset == end - 1)
            }
        }
    }

    private static func error(of stream: Bytes) -> ArrowError? {
        do throws(ArrowError) {
            _ = try Table(ipcStream: stream)
            return nil
        } catch { return error }
    }

    @Test func errorsComeAfterTheBatchesBeforeThem() throws {
        let batch = try Table(["n": Column([1, 2])]).ipcStream()
        let table = try Table(ipcStream: batch)
        var twice = [UInt8](
            try Table(schema: table.schema, batches: table.batches + table.batches).ipcStream())
        twice.removeLast(20)
        let outcome = try Self.outcome([Bytes(twice)])
        #expect(outcome.batches.count == 1)
        #expect(outcome.error?.code == .truncated)
        #expect(outcome.error?.offset == twice.count)
    }

    @Test func anEndBeforeTheSchemaIsToldWhereItIs() throws {
        for stream in [[0, 0, 0, 0, 0, 10], [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 1]] as [Bytes] {
            let whole = Self.error(of: stream)
            #expect(whole?.code == .truncated)
            #expect(whole?.offset == (stream[0] == 0 ? 4 : 8))
            for feed in Splits.of(stream) {
                #expect(try Self.outcome(feed.pieces).error == whole, "\(feed)")
            }
        }
    }

    @Test func errorsStay() {
        var decoder = StreamDecoder()
        decoder.feed([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80])
        let first = #expect(throws: ArrowError.self) { try decoder.next() }
        decoder.feed([0, 0, 0])
        let second = #expect(throws: ArrowError.self) { try decoder.next() }
        #expect(first == second)
        #expect(first?.code == .invalidFraming)
    }

    @Test func aForgedBodySizeCostsNothing() throws {
        let stream = try Table(["n": Column([1, 2, 3])]).ipcStream()
        let bytes = try Forgery.replacing([64], by: [1 << 39], in: stream)
        var decoder = StreamDecoder()
        decoder.feed(bytes)
        for _ in 0..<100 {
            let batch = try decoder.next()
            #expect(batch == nil)
            decoder.feed(Bytes([UInt8](repeating: 7, count: 1_000)))
        }
        decoder.finish()
        let error = #expect(throws: ArrowError.self) { try decoder.next() }
        #expect(error?.code == .truncated)
        #expect(error?.offset == bytes.count + 100_000)
    }

    @Test func bytesAreCopiedAtMostTwice() throws {
        // A body cut in two is put together once; a whole one is a view of its piece.
        let ids = Column(Array(0..<100_000))
        let stream = try Table(["n": ids]).ipcStream()
        var decoder = StreamDecoder()
        decoder.feed(stream)
        let batch = try #require(try decoder.next())
        let column = batch.columns[0]
        let values = try column.span(as: Int.self)
        let address = unsafe values.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        #expect((stream.address..<stream.address + UInt(stream.count)).contains(address))
    }
}
