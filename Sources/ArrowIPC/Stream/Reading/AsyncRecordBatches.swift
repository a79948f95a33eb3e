public import BridgeBytes

extension AsyncSequence where Element == Bytes {
    /// The record batches of an Arrow IPC stream that comes in pieces:
    ///
    ///     for try await batch in response.body.arrowBatches() { … }
    ///
    /// One batch is read at a time and the source is asked for more only when a batch is asked
    /// for, so memory holds one message, one piece and the dictionaries, however long the stream.
    /// Its length need not be known.
    /// - Parameter columns: Which columns the batches have.
    public func arrowBatches(
        columns: ColumnSelection = .all, limits: ArrowLimits = .default
    ) -> AsyncRecordBatches<Self> {
        AsyncRecordBatches(self, columns: columns, limits: limits)
    }
}

/// The record batches of an Arrow IPC stream out of a sequence of pieces, cut anywhere.
///
/// Iteration ends at the mark of the end or with the source. It throws what the source throws, and
/// `ArrowError` with the position in the stream: `truncated` when the source ended too early.
public struct AsyncRecordBatches<Source: AsyncSequence>: AsyncSequence
where Source.Element == Bytes {
    private let source: Source
    private let columns: ColumnSelection
    private let limits: ArrowLimits

    /// The batches of a source; see `AsyncSequence.arrowBatches(columns:limits:)`.
    public init(
        _ source: Source, columns: ColumnSelection = .all, limits: ArrowLimits = .default
    ) {
        self.source = source
        self.columns = columns
        self.limits = limits
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(source.makeAsyncIterator(), StreamDecoder(columns: columns, limits: limits))
    }

    /// Reads one stream. Copies of an iterator read on together.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let state: State

        init(_ source: Source.AsyncIterator, _ decoder: consuming StreamDecoder) {
            state = State(source, decoder)
        }

        /// The fields of all batches. Reads no further than the first batch.
        ///
        /// The source decides what cancelling the task does.
        /// - Throws: `ArrowError`, as `StreamDecoder.next()`, and what the source throws.
        public mutating func schema(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws -> Schema {
            try await state.schema(isolation: actor)
        }

        /// The next batch; nil at the end of the stream. Cancelling the task does what the source
        /// makes of it.
        /// - Throws: `ArrowError`, as `StreamDecoder.next()`, and what the source throws.
        public mutating func next() async throws -> RecordBatch? {
            try await state.next(isolation: nil)
        }

        /// The next batch, on the caller's actor; nil at the end of the stream. The source
        /// decides what cancelling the task does.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> RecordBatch? {
            try await state.next(isolation: actor)
        }
    }

    /// The decoder, which cannot be copied, and the source's iterator, in the iterator's hands.
    private final class State {
        private var source: Source.AsyncIterator
        private var decoder: StreamDecoder
        private var hasMore = true
        /// A batch that was met when only the schema was asked for.
        private var ready: RecordBatch?

        init(_ source: Source.AsyncIterator, _ decoder: consuming StreamDecoder) {
            self.source = source
            self.decoder = decoder
        }

        func schema(isolation actor: isolated (any Actor)?) async throws -> Schema {
            if decoder.schema == nil { ready = try await read(isolation: actor) }
            guard let schema = decoder.schema else {
                throw ArrowError(.truncated, stage: .framing, "the stream has no schema")
            }
            return schema
        }

        func next(isolation actor: isolated (any Actor)?) async throws -> RecordBatch? {
            if let batch = ready {
                ready = nil
                return batch
            }
            return try await read(isolation: actor)
        }

        private func read(isolation actor: isolated (any Actor)?) async throws -> RecordBatch? {
            while true {
                if let batch = try decoder.next() { return batch }
                guard hasMore, !decoder.isAtEnd else { return nil }
                if let piece = try await source.next(isolation: actor) {
                    decoder.feed(piece)
                } else {
                    hasMore = false
                    decoder.finish()
                }
            }
        }
    }
}
