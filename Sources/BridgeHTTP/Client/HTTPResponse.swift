public import BridgeBytes
public import HTTPWire

/// The answer to a request: its head, and its body on demand.
public struct HTTPResponse: Sendable {
    /// 200...999; what is above 599 is to be treated as a server error.
    public let status: Int
    /// The fields of the head, in order.
    public let fields: FieldList
    /// The size of the body in bytes where the head told it.
    public let contentLength: Int?
    /// The body, piece by piece. Letting go of a response whose body has not been read closes
    /// its connection.
    public let body: HTTPBodyStream
    /// Whether the request was sent a second time, since its first connection was lost: the server
    /// may have done twice what was asked for.
    package let isRepeated: Bool
    /// Whether the answer came before the request's body was out: the server has not read it, so
    /// it cannot have stored it.
    package let isEarly: Bool
    /// What was asked for, without secrets.
    let url: HTTPURL

    init(
        _ answer: Exchange.Answer, _ exchange: Exchange, client: HTTPClient, isRepeated: Bool
    ) {
        self.isRepeated = isRepeated
        isEarly = answer.isEarly
        status = answer.head.status
        fields = answer.head.fields
        contentLength = answer.length
        body = HTTPBodyStream(exchange, length: answer.length, client)
        url = exchange.url
    }

    /// Whether the status is 200...299.
    public var isSuccess: Bool { (200...299).contains(status) }

    /// Where a 3xx answer points, as an absolute URL; nil where there is no such answer or no
    /// readable one. It is never followed by itself.
    public var redirection: HTTPURL? {
        guard (300...399).contains(status), let location = fields["Location"] else { return nil }
        return try? url.resolving(location)
    }

    /// The whole body in one piece. A body of known length is read straight into its final memory.
    ///
    /// - Parameter limit: Most bytes to take, a negative number counting as none; checked before
    ///   memory is asked for.
    /// - Throws: `HTTPError` with `bodyTooLarge`, `incompleteBody`, a timeout or `cancelled`.
    public func collect(limit: Int) async throws(HTTPError) -> Bytes {
        try await body.collect(Exchange.WholeDemand(limit: max(0, limit), algorithm: nil)).bytes
    }

    /// The whole body in one piece with the digest that was taken while it came in.
    ///
    /// - Parameters:
    ///   - admit: Asked before memory is taken, with the size of the whole body or of what is
    ///     known of it; an error's code refuses. Called on any thread.
    ///   - partial: What earlier answers brought before they broke off; this body is the
    ///     rest of it, or the whole where nothing is held. If this breaks off too, what came is
    ///     held again.
    ///   - place: Makes the memory for a body of known length, of exactly that length, that nobody
    ///     else reads or writes; where there is none, or nil is the answer, it is as everywhere.
    ///   - progress: Told of how many bytes are here, those that were held included. Called on the
    ///     connection's thread.
    package func collect(
        limit: Int, digesting algorithm: ChecksumAlgorithm?, partial: PartialBody? = nil,
        admit: (@Sendable (Int) -> HTTPError.Reason?)? = nil,
        place: (@Sendable (Int) async -> ByteRegion?)? = nil,
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws(HTTPError) -> (bytes: Bytes, checksum: Checksum?) {
        let collected = try await body.collect(
            Exchange.WholeDemand(
                limit: max(0, limit), algorithm: algorithm, partial: partial, makePlace: place,
                admit: admit, progress: progress))
        return (collected.bytes, collected.checksum)
    }

    /// The body of known length, put where it belongs in a whole that other answers fill too.
    /// - Throws: `HTTPError` with `incompleteBody` for a body of another length than the place has,
    ///   else as `collect(limit:)`.
    package func collect(
        into place: BodyPlace, progress: (@Sendable (Int) -> Void)? = nil
    ) async throws(HTTPError) -> Bytes {
        guard contentLength == place.range.count else {
            throw HTTPError(
                .incompleteBody, .body, url: url.description, "the part has another length")
        }
        return try await body.collect(
            Exchange.WholeDemand(
                limit: place.range.count, algorithm: nil, place: place, progress: progress)
        ).bytes
    }
}
