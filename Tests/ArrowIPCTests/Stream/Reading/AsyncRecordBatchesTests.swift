import ArrowIPC
import BridgeBytes
import TestKit
import Testing

@Suite struct AsyncRecordBatchesTests {
    /// A source that gives pieces one by one, and tells how many were asked for.
    private struct Pieces: AsyncSequence, Sendable {
        struct Iterator: AsyncIteratorProtocol {
            var rest: ArraySlice<Bytes>
            let failure: CancellationError?

            mutating func next() async throws -> Bytes? {
                if rest.isEmpty, let failure { throw failure }
                return rest.popFirst()
            }
        }

        let pieces: [Bytes]
        var failure: CancellationError?

        func makeAsyncIterator() -> Iterator { Iterator(rest: pieces[...], failure: failure) }
    }

    private static func pieces(_ stream: Bytes, of size: Int) -> [Bytes] {
        stride(from: 0, to: stream.count, by: size).map {
            stream[$0..<min($0 + size, stream.count)]
        }
    }

    @Test(arguments: [1, 7, 64, 1_000, 1 << 20]) func batchesComeOneByOne(size: Int) async throws {
        let table = try Tables.wide()
        let source = Pieces(pieces: Self.pieces(try table.ipcStream(), of: size))
        var batches: [RecordBatch] = []
        for try await batch in source.arrowBatches() { batches.append(batch) }
        #expect(try Table(schema: table.schema, batches: batches).ipcStream() == table.ipcStream())
    }

    @Test func theSchemaIsThereWithoutBatches() async throws {
        let schema = Schema([Field("n", .int64)])
        let stream = try Table(schema: schema, batches: []).ipcStream()
        var iterator = Pieces(pieces: Self.pieces(stream, of: 3)).arrowBatches().makeAsyncIterator()
        #expect(try await iterator.schema() == schema)
        #expect(try await iterator.next() == nil)
    }

    @Test func askingForTheSchemaLosesNoBatch() async throws {
        let stream = try Table(["n": Column([1, 2])]).ipcStream()
        var iterator = Pieces(pieces: [stream]).arrowBatches().makeAsyncIterator()
        #expect(try await iterator.schema().fields.count == 1)
        #expect(try await iterator.next()?.count == 2)
        #expect(try await iterator.next() == nil)
    }

    @Test func aSourceThatEndsEarlyIsTold() async throws {
        let stream = try Tables.wide().ipcStream()
        let cut = stream[0..<stream.count - 100]
        var count = 0
        do {
            for try await _ in Pieces(pieces: Self.pieces(cut, of: 100)).arrowBatches() {
                count += 1
            }
            Issue.record("no error")
        } catch let error as ArrowError {
            #expect(error.code == .truncated)
            #expect(error.offset == cut.count)
        }
        #expect(count == 3)
    }

    @Test func theSourcesOwnErrorComesThrough() async throws {
        let stream = try Tables.wide().ipcStream()
        let source = Pieces(pieces: [stream[0..<2_000]], failure: CancellationError())
        await #expect(throws: CancellationError.self) {
            for try await _ in source.arrowBatches() {}
        }
    }
}
