public import BridgeBytes

extension Table {
    /// Opens an Arrow IPC stream or file, and inflates compressed batches on several cores.
    ///
    ///     let table = try await Table(ipcStream: bytes, concurrency: 4)
    ///
    /// The table, or the error, is the one that `init(ipcStream:columns:limits:)` gives. Where
    /// bodies are not compressed there is nothing to share out, and nothing is. Cancelling the task
    /// ends the work after the batches in hand.
    /// - Parameters:
    ///   - bytes: A stream or a file, whole.
    ///   - columns: Which columns the table has; the others are not touched.
    ///   - limits: What a stream may claim. They hold for all batches together, as ever.
    ///   - concurrency: Most batches that are inflated at the same time, in child tasks; less than
    ///     one is one, and more than 64 are 64.
    /// - Throws: `ArrowError`, as `StreamReader.next()`, of the first batch that has one;
    ///   `columnNotFound`; `cancelled`.
    public init(
        ipcStream bytes: Bytes, columns: ColumnSelection = .all, limits: ArrowLimits = .default,
        concurrency: Int
    ) async throws(ArrowError) {
        let reader = try StreamReader(bytes, columns: columns, limits: limits)
        var decoding = BatchDecoding(reader, concurrency: concurrency)
        self.init(unchecked: reader.schema, try await decoding.batches())
    }
}

/// Decodes the batches of a stream at the same time, and gives them in their order.
///
/// ## Theory of operation
/// Messages are read in their order, which is little work: heads, dictionaries, and what each
/// compressed buffer claims, so that every batch is decoded under the budget that it would have in
/// its turn. What remains of a batch depends on no other, and goes to a child task; a few are under
/// way at any time. The first error in the order of the batches ends the reading, as it would
/// without tasks: batches before it are waited for, since they may have one of their own.
private struct BatchDecoding {
    /// Most batches under way: more than cores to run them would only hold memory.
    private static let mostAtOnce = 64

    private typealias Finished = (index: Int, result: Result<RecordBatch, ArrowError>)

    private var reader: StreamReader
    private let concurrency: Int
    private var decoded: [RecordBatch?] = []
    private var failure: (index: Int, error: ArrowError)?

    init(_ reader: StreamReader, concurrency: Int) {
        self.reader = reader
        self.concurrency = min(max(concurrency, 1), Self.mostAtOnce)
    }

    mutating func batches() async throws(ArrowError) -> [RecordBatch] {
        let limit = concurrency
        await withTaskGroup(of: Finished.self) { group in
            var underWay = 0
            while let (index, batch) = next() {
                group.addTask {
                    (index, Result { () throws(ArrowError) in try batch.decoded() })
                }
                underWay += 1
                if underWay == limit, let finished = await group.next() {
                    take(finished)
                    underWay -= 1
                }
            }
            for await finished in group { take(finished) }
        }
        if let failure { throw failure.error }
        return decoded.compactMap { $0 }
    }

    /// The next batch that is to be decoded; nil at the end, and after an error.
    private mutating func next() -> (Int, StreamMachine.WaitingBatch)? {
        do throws(ArrowError) {
            while failure == nil {
                guard !Task.isCancelled else {
                    throw ArrowError(.cancelled, stage: .batch, "reading was cancelled")
                }
                guard let batch = try reader.nextAnnounced() else { return nil }
                switch batch {
                case .decoded(let batch): decoded.append(batch)
                case .waiting(let batch):
                    decoded.append(nil)
                    return (decoded.count - 1, batch)
                }
            }
        } catch {
            fail(decoded.count, error)
        }
        return nil
    }

    private mutating func take(_ finished: Finished) {
        switch finished.result {
        case .success(let batch): decoded[finished.index] = batch
        case .failure(let error): fail(finished.index, error)
        }
    }

    /// Keeps the error that comes first in the order of the batches.
    private mutating func fail(_ index: Int, _ error: ArrowError) {
        if failure.map({ index < $0.index }) ?? true { failure = (index, error) }
    }
}
