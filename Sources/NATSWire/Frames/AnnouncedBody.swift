internal import BridgeBytes

/// Headers and payload that a control line announces; the sizes are its last arguments. MSG and
/// PUB, with and without headers, have it in common.
struct AnnouncedBody {
    /// The header block; nil in a frame without one.
    let headers: Range<Int>?
    let payload: Range<Int>

    /// Where the line feed behind the payload must have come, at the latest.
    var frameEnd: Int { payload.upperBound + 2 }

    /// Reads the sizes and places the body behind the line, from `start` on.
    @inline(__always)
    init(
        _ window: Span<UInt8>, _ tokens: InlineArray<5, Range<Int>>, _ count: Int,
        hasHeaders: Bool, start: Int, maxPayload: Int
    ) throws(WireError) {
        let total = try MessageLine.number(window, tokens[count - 1])
        var headerSize = 0
        if hasHeaders {
            headerSize = try MessageLine.number(window, tokens[count - 2])
            guard headerSize <= total else {
                throw WireError(
                    .headerSizeExceedsTotal, in: .controlLine, at: tokens[count - 2].lowerBound,
                    "header size \(headerSize) of total size \(total)")
            }
        }
        guard total <= maxPayload else {
            throw WireError(
                .tooLarge, in: .controlLine, at: tokens[count - 1].lowerBound,
                "\(total) bytes announced, \(maxPayload) allowed")
        }
        headers = hasHeaders ? start..<start + headerSize : nil
        payload = start + headerSize..<start + total
    }

    /// Checks the line end behind the payload, which must have come.
    @inline(__always)
    func checkEnd(_ window: Span<UInt8>) throws(WireError) {
        let end = payload.upperBound
        guard window[end] == 0x0D, window[end + 1] == 0x0A else {
            throw WireError(
                .payloadTerminatorMissing, in: .payload, at: end,
                "no CR LF after \(payload.count + (headers?.count ?? 0)) bytes of payload")
        }
    }
}
