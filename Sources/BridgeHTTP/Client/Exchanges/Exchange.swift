internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// One request and its answer, as the task and the handler share it.
///
/// The handler gives the head through a promise and the body either through a bounded delivery or
/// into one piece of memory, as the task demands. Until the task demands one of them, no more of
/// the body is read than came with the head.
///
/// The handler may be gone at any time, and what is asked of it then is not answered: so every
/// promise is kept here, and `ended` or `fail` settles what is open.
final class Exchange: Sendable {
    struct Answer: Sendable {
        let head: ResponseHead
        /// Length of the body where it is known from the head.
        let length: Int?
        /// Whether it came before the request was out.
        let isEarly: Bool
    }

    /// A whole body with the digest that was taken on the way.
    struct Collected: Sendable {
        let bytes: Bytes
        let checksum: Checksum?
    }

    /// How a body is wanted in one piece.
    struct WholeDemand: Sendable {
        /// Not negative.
        let limit: Int
        let algorithm: ChecksumAlgorithm?
        /// What came before, to which this body is the rest; filled again if this breaks off.
        var partial: PartialBody?
        /// Memory of the body's length, made beforehand since making it may block.
        var place: BodyPlace?
        /// Makes that memory from the whole body's length; nil, also in answer: as the client does.
        var makePlace: (@Sendable (Int) async -> ByteRegion?)?
        /// Asked before memory is taken; an error's code refuses.
        var admit: (@Sendable (Int) -> HTTPError.Reason?)?
        /// Told of how many bytes are here, on the connection's thread.
        var progress: (@Sendable (Int) -> Void)?
    }

    private struct State: Sendable {
        var isDemanded = false
        var isOver = false
        /// Kept with nil when the body lies in the delivery, whole.
        var collecting: Promise<Collected?>?
        /// The stream's wait for room.
        var pushing: Promise<Void>?
        var takesNoMore = false
    }

    let method: String
    let url: HTTPURL
    /// The head of the request and what is known of its body, in order.
    let output: Segments
    /// Told of the bytes that have been sent behind so many of the head.
    let sent: (head: Int, tell: @Sendable (Int) -> Void)?
    /// Whether more of the body comes from a stream.
    let isStreamed: Bool
    /// Whether the stream is sent in chunks.
    let isChunked: Bool
    let connection: ClientConnection
    let totalDeadline: Duration?
    let answer = Promise<Answer>()
    let body: Delivery<Bytes, HTTPError>
    private let state = Mutex(State())

    init(
        _ request: HTTPRequest, output: Segments,
        sent: (head: Int, tell: @Sendable (Int) -> Void)? = nil, isStreamed: Bool, isChunked: Bool,
        on connection: ClientConnection, totalDeadline: Duration?
    ) {
        method = request.method
        url = request.url
        self.output = output
        self.sent = sent
        self.isStreamed = isStreamed
        self.isChunked = isChunked
        self.connection = connection
        self.totalDeadline = totalDeadline
        let limits = DeliveryLimits(maxCount: 4096, maxWeight: connection.options.bodyHighWater)
        body = Delivery(limits: limits) {
            connection.perform { handler, link in handler.bodyWanted(link) }
        }
    }

    func error(
        _ code: HTTPError.Reason, _ stage: HTTPError.Stage, _ message: String,
        wire: HTTPWireError? = nil
    ) -> HTTPError {
        HTTPError(code, stage, url: url.description, message, wire: wire)
    }

    /// A body that is not taken.
    func refusal(_ code: HTTPError.Reason) -> HTTPError {
        error(
            code, .body,
            code == .bodyTooLarge
                ? "the body is larger than the limit" : "there is no memory for the body")
    }

    /// Whether the whole answer has been given or the exchange has failed.
    var isOver: Bool { state.withLock { $0.isOver } }
}

// MARK: - The task's side

extension Exchange {
    /// Asks for the body as a stream; only the first call has an effect.
    func demandStream() {
        let asks = state.withLock { state -> Bool in
            defer { state.isDemanded = true }
            return !state.isDemanded && !state.isOver
        }
        if asks { connection.perform { [self] handler, link in handler.stream(self, link) } }
    }

    /// Asks for the body in one piece. Nil when it is to be taken from the delivery instead.
    func demandWhole(_ demand: WholeDemand) async throws(HTTPError) -> Collected? {
        let promise = Promise<Collected?>()
        let asks = state.withLock { state -> Bool in
            guard !state.isDemanded, !state.isOver else { return false }
            state.isDemanded = true
            state.collecting = promise
            return true
        }
        guard asks else { return nil }
        connection.perform { [self] handler, link in
            handler.collect(self, demand, link)
        }
        let result = await withTaskCancellationHandler {
            await promise.result()
        } onCancel: {
            abandon()
        }
        return try result.get()
    }

    /// Hands a piece of the request's body over; suspends while the connection is full.
    func push(_ piece: OutputPiece) async throws(HTTPError) {
        let promise = Promise<Void>()
        let takes = state.withLock { state -> Bool in
            guard !state.isOver, !state.takesNoMore else { return false }
            state.pushing = promise
            return true
        }
        guard takes else {
            throw error(.cancelled, .request, "the server answered before the body was sent")
        }
        connection.perform { [self] handler, link in handler.push(piece, of: self, link) }
        try await promise.result().get()
    }

    /// Ends the exchange because nobody wants the rest: the connection is closed.
    func abandon() {
        guard !isOver else { return }
        connection.perform { [self] handler, link in handler.abandon(self, link) }
    }
}

/// A piece of a streamed request body.
enum OutputPiece: Sendable {
    /// `isLast` when the announced length is reached with it: the answer may come at once.
    case bytes(Bytes, isLast: Bool)
    case end
    /// The source failed: the request must not look whole.
    case failed(HTTPError)
}

// MARK: - The handler's side

extension Exchange {
    /// The whole answer has been given.
    func ended(with collected: Collected? = nil) {
        let promises = settle()
        promises.collecting?.keep(.success(collected))
        promises.pushing?.keep(.failure(error(.cancelled, .request, "the exchange is over")))
        body.finish()
    }

    func fail(_ error: HTTPError) {
        let promises = settle()
        answer.keep(.failure(error))
        promises.collecting?.keep(.failure(error))
        promises.pushing?.keep(.failure(error))
        body.finish(error)
    }

    private func settle() -> (collecting: Promise<Collected?>?, pushing: Promise<Void>?) {
        state.withLock { state in
            state.isOver = true
            return (state.collecting.take(), state.pushing.take())
        }
    }

    /// There is room for the next piece of the request's body.
    func tookPiece() {
        state.withLock { $0.pushing.take() }?.keep(.success(()))
    }

    /// The server has answered: no more of the request is sent.
    func stopPushing() {
        let promise = state.withLock { state -> Promise<Void>? in
            state.takesNoMore = true
            return state.pushing.take()
        }
        promise?.keep(
            .failure(error(.cancelled, .request, "the server answered before the body was sent")))
    }
}
