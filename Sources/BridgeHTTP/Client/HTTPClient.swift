package import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire
internal import Synchronization

/// An HTTP/1.1 client over TCP, and over TLS for `https` URLs: connections are kept and reused,
/// bodies stream both ways, redirects are never followed.
///
/// Its connections are served by one thread of their own. Releasing the client closes them.
public final class HTTPClient: Sendable {
    private let options: HTTPClientOptions
    private let reactor: Reactor
    private let pool: ConnectionPool

    /// Starts the client's thread.
    /// - Parameter log: Where it is told, at each connection that is made so, that files of
    ///   `HTTPClientOptions.tls` have changed and cannot be used, so that those of before are
    ///   (`warning`, stage `tls`); nil: nowhere.
    /// - Throws: `HTTPError` with `invalidArgument` for options that make no sense, and with
    ///   `connectionFailed` when the system has no thread or descriptor.
    public init(
        _ options: HTTPClientOptions = HTTPClientOptions(), log: LogSink? = nil
    ) throws(HTTPError) {
        if let problem = options.problem {
            throw HTTPError(.badOptions, .prepare, url: "", problem)
        }
        let options = options.bounded
        LibrarySHA256.offer()
        do throws(SocketError) {
            reactor = try Reactor(name: "bridge-http", calls: options.systemCalls)
        } catch {
            throw HTTPError(.connectFailed, .prepare, url: "", error.detail)
        }
        self.options = options
        pool = ConnectionPool(options: options, reactor: reactor, log: log)
    }

    /// Closes every connection; what is under way, waits or comes later fails as cancelled.
    public func close() { pool.closeAll() }

    /// Memory for a body, as that of one that is collected whole.
    package func place(for size: Int) async -> ByteRegion {
        await options.largePlace(for: size) ?? ByteRegion(capacity: size)
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// An answer of any status is returned. An idempotent request whose reused connection turns
    /// out to be dead is sent once more on a new one (RFC 9112, section 9.3.1), unless its body
    /// is a stream. Cancelling the task closes the connection.
    /// - Parameters:
    ///   - request: Method, URL and header fields.
    ///   - body: What is sent with it.
    ///   - time: Most time for the whole exchange, up to the end of the answer's body, in addition
    ///     to the bound that the options set; nil for no other. None or less fails at once.
    /// - Throws: `HTTPError`; its reason and stage say what failed where: `invalidURL` or
    ///   `invalidArgument` before anything is sent; `connectionFailed`, `certificateRejected`,
    ///   `tlsRefused`, `timeout`, `disconnected`, `protocolViolation`, `tlsRequired`, `bodyFailed`
    ///   or `cancelled`.
    public func send(
        _ request: HTTPRequest, body: HTTPBody = .none, within time: Duration? = nil
    ) async throws(HTTPError) -> HTTPResponse {
        if let problem = request.problem(with: body) {
            throw HTTPError(.badRequest, .prepare, url: request.url.description, problem)
        }
        let now = MonotonicClock.now
        let total = [options.totalTimeout, time].compactMap { $0 }.min()
            .map { now + $0.clampedForClocks }
        if let total, total <= now {
            throw HTTPError(
                .totalTimeout, .prepare, url: request.url.description,
                "there is no time left for the exchange")
        }
        let proxy = proxy(for: request)
        let isTunnel = request.url.scheme == .https
        let head = RequestWriter.head(
            request, body: body, userAgent: options.userAgent, proxy: isTunnel ? nil : proxy)
        var output = Segments(head.bytes)
        output.append(contentsOf: body.segments ?? [])
        let target = ConnectionTarget(
            url: isTunnel ? request.url : proxy?.url ?? request.url,
            addresses: request.addresses, tunnel: isTunnel ? proxy : nil)
        var isRepeated = false
        while true {
            let lease = try await pool.lease(for: target, fresh: isRepeated, until: total)
            let exchange = Exchange(
                request, output: output, sent: body.sent.map { (head.bytes.count, $0) },
                isStreamed: body.segments == nil, isChunked: head.isChunked,
                on: lease.connection, totalDeadline: total)
            switch await run(exchange, body) {
            case .success(let answer):
                return HTTPResponse(answer, exchange, client: self, isRepeated: isRepeated)
            case .failure(let error):
                guard error.reason == .connectionLost, lease.isReused, !isRepeated,
                    request.isIdempotent, body.segments != nil
                else { throw error }
                isRepeated = true
            }
        }
    }

    /// Addresses that have been judged are connected to themselves.
    private func proxy(for request: HTTPRequest) -> HTTPProxy? {
        let named = request.url.scheme == .https ? options.tunnel : options.proxy
        guard request.addresses == nil, let named, named.applies(to: request.url) else {
            return nil
        }
        return named
    }

    private func run(
        _ exchange: Exchange, _ body: HTTPBody
    ) async -> Result<Exchange.Answer, HTTPError> {
        exchange.connection.start(exchange)
        return await withTaskCancellationHandler {
            guard case .stream(let length, let source) = body.kind else {
                return await exchange.answer.result()
            }
            return await withTaskGroup(of: Void.self) { group in
                group.addTask { await BodyPump.run(source, length: length, into: exchange) }
                let answer = await exchange.answer.result()
                group.cancelAll()
                return answer
            }
        } onCancel: {
            exchange.abandon()
        }
    }
}

/// Carries the pieces of a streamed request body from their source to the connection.
private enum BodyPump {
    static func run(
        _ source: @Sendable (HTTPBody.Sink) async throws -> Void, length: Int?,
        into exchange: Exchange
    ) async {
        let sent = Mutex(0)
        do {
            try await source { piece in
                let total = sent.withLock { sent in
                    sent += piece.count
                    return sent
                }
                if let length, total > length { throw wrongLength(exchange) }
                try await exchange.push(.bytes(piece, isLast: total == length))
            }
            if let length, sent.withLock({ $0 }) != length { throw wrongLength(exchange) }
            // The peer knows the end of an announced length by itself.
            if length == nil || length == 0 { try await exchange.push(.end) }
        } catch let error as HTTPError {
            // An exchange that is over has told its reader already.
            if error.reason == .requestBodyFailed { try? await exchange.push(.failed(error)) }
        } catch {
            let failure = exchange.error(
                .requestBodyFailed, .request, "the source of the body failed: \(error)")
            try? await exchange.push(.failed(failure))
        }
    }

    private static func wrongLength(_ exchange: Exchange) -> HTTPError {
        exchange.error(
            .requestBodyFailed, .request, "the body has another length than it was said to have")
    }
}
