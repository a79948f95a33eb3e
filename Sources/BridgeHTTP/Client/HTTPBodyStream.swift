public import BridgeBytes
internal import BridgeSockets

/// The body of an answer, in pieces as they come. Reading from the peer stops while more than
/// `HTTPClientOptions.bodyHighWater` bytes wait.
///
/// It can be iterated once. Cancelling the reading task, or letting go of the body before its
/// end, closes the connection.
public struct HTTPBodyStream: AsyncSequence, Sendable {
    public typealias Element = Bytes
    public typealias Failure = HTTPError

    private let reading: Reading

    private let length: Int?

    init(_ exchange: Exchange, length: Int?, _ client: HTTPClient) {
        reading = Reading(exchange, client)
        self.length = length
    }

    /// Ends the exchange when nobody holds the body any more.
    fileprivate final class Reading: Sendable {
        let exchange: Exchange
        /// The client, whose thread must live as long as its bodies are read.
        private let client: HTTPClient

        init(_ exchange: Exchange, _ client: HTTPClient) {
            self.exchange = exchange
            self.client = client
        }

        deinit { exchange.abandon() }
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let reading: Reading
        private var batch: [Bytes] = []
        private var position = 0

        fileprivate init(_ reading: Reading) { self.reading = reading }

        /// The next piece, never empty; nil at the end.
        ///
        /// Cancelling the task ends the exchange and closes its connection.
        /// - Throws: `HTTPError` with `disconnected` when the body ends too early, `timeout`,
        ///   `protocolViolation` or `cancelled`.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HTTPError) -> Bytes? {
            while position == batch.count {
                reading.exchange.demandStream()
                switch await reading.exchange.body.next() {
                case .batch(let pieces): (batch, position) = (pieces, 0)
                case .gap: continue  // A body waits rather than lose a piece.
                case .timeout: continue  // The connection watches the time.
                case .end: return nil
                case .failed(let error): throw error
                case .cancelled:
                    reading.exchange.abandon()
                    throw reading.exchange.error(.cancelled, .body, "cancelled")
                }
            }
            defer { position += 1 }
            return batch[position]
        }

        /// The next piece, for callers without an isolation to inherit.
        ///
        /// Cancelling the task does what it does in `next(isolation:)`.
        /// - Throws: As `next(isolation:)`.
        public mutating func next() async throws(HTTPError) -> Bytes? {
            try await next(isolation: nil)
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reading) }

    func collect(_ demand: Exchange.WholeDemand) async throws(HTTPError) -> Exchange.Collected {
        var demand = demand
        if let size = wholeSize(demand), size <= demand.limit,
            let code = demand.admit?(size)
        {
            reading.exchange.abandon()
            throw reading.exchange.refusal(code)
        }
        if demand.place == nil { demand.place = await place(for: demand).map { BodyPlace($0) } }
        if let whole = try await reading.exchange.demandWhole(demand) { return whole }
        // The whole answer is here already, in pieces.
        var collector: BodyCollector
        if let partial = demand.partial, partial.count > 0 {
            var pieces: [Bytes] = []
            for try await piece in self { pieces.append(piece) }
            let rest = pieces.reduce(0) { $0 + $1.count }
            guard let resumed = BodyCollector(resuming: partial, rest: rest) else {
                throw reading.exchange.error(
                    .incompleteBody, .body, "the rest does not fit what is held")
            }
            collector = resumed
            for piece in pieces {
                if let code = collector.append(piece) { throw reading.exchange.refusal(code) }
            }
            return collector.finish()
        }
        collector = BodyCollector(
            length: demand.place?.range.count == length ? length : nil, limit: demand.limit,
            digesting: demand.algorithm, place: demand.place, admit: demand.admit)
        var pieces = makeAsyncIterator()
        while let piece = try await pieces.next() {
            if let code = collector.append(piece) {
                reading.exchange.abandon()
                throw reading.exchange.refusal(code)
            }
        }
        return collector.finish()
    }

    /// Bytes of the body together with what is held of it; nil where they are not known.
    private func wholeSize(_ demand: Exchange.WholeDemand) -> Int? {
        if let held = demand.partial?.length { return held }
        return length
    }

    /// Where a large body goes; nil for one that is none, or goes on where another broke off.
    private func place(for demand: Exchange.WholeDemand) async -> ByteRegion? {
        let options = reading.exchange.connection.options
        guard let length, length <= demand.limit, (demand.partial?.count ?? 0) == 0,
            !reading.exchange.isOver
        else { return nil }
        if let region = await demand.makePlace?(length) { return region }
        return await options.largePlace(for: length)
    }
}
