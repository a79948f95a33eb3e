internal import BridgeBytes

/// The bytes of a body under any framing, as ranges of the window; what both roles share.
///
/// ## Theory of operation
/// A counter for a known length, the chunked decoder, or everything there is: each call takes
/// bytes from the front of the window and says how many, with the steps of `ChunkedDecoder`.
struct BodyReader: Sendable {
    private let framing: BodyFraming
    private var remaining: Int
    private var decoder: ChunkedDecoder

    init(_ framing: BodyFraming, limits: HTTPWireLimits) {
        self.framing = framing
        decoder = ChunkedDecoder(limits: limits)
        if case .length(let length) = framing { remaining = length } else { remaining = 0 }
    }

    var trailers: FieldList { decoder.trailers }

    /// Whether the end of the connection is the end of the body.
    var endsWithConnection: Bool { framing == .untilClose }

    mutating func next(_ window: Span<UInt8>) throws(HTTPWireError) -> ChunkedDecoder.Step {
        switch framing {
        case .none: return .end(consumed: 0)
        case .chunked: return try decoder.next(window)
        case .untilClose:
            return window.isEmpty ? .needMore(consumed: 0) : .data(0..<window.count)
        case .length:
            guard remaining > 0 else { return .end(consumed: 0) }
            guard !window.isEmpty else { return .needMore(consumed: 0) }
            let count = min(remaining, window.count)
            remaining -= count
            return .data(0..<count)
        }
    }
}
