// Theory of operation.
//
// The parser looks at the unread window of a connection, whose first byte is the first byte of
// a frame, and answers with one whole frame or with the number of bytes the window must hold
// before asking again makes sense. It copies and allocates nothing: a frame is a set of ranges.
//
// A frame is a control line, and for MSG and HMSG a payload and CR LF behind it. The line's end
// is searched with `memchr`. While it is missing, `searched` remembers how far the search went,
// so that a long line that arrives in pieces is searched once; a verb that cannot become a
// known one and a line over its limit are refused at once. When the line is there and its
// payload is not, the line is parsed again next time: it is short, and the caller is told the
// exact size, so this happens once per message and not once per read.
//
// The line of a message is split in one pass: a blank or tab separates, a carriage return is an
// error, every other byte belongs to a token: a server takes subjects with control bytes in them
// from whoever sends them, and one such message must not end a connection that reads others.
// Numbers have at most 18 digits, so their arithmetic cannot overflow. A size above the limit is
// refused before the window grows for it.
//
// What is tolerated is what servers and their peers tolerate: verbs in any case, runs of blanks
// and tabs, a bare LF at the end of a control line, anything between PING, PONG or +OK and the
// line feed. A payload is followed by CR LF exactly.
//
// After an error the parser's answers mean nothing: the connection is lost.
internal import BridgeBytes

/// Finds frames in the bytes of a server.
package struct FrameParser: Sendable {
    package enum Step: Equatable, Sendable {
        /// A whole frame in the first `size` bytes, which the caller consumes.
        case frame(Frame, size: Int)
        /// The window must hold at least this many bytes, counted from its start, before there
        /// can be a frame.
        case needMore(atLeast: Int)
    }

    private let limits: WireLimits
    /// Number of bytes of the partial line at the window's start that hold no line feed.
    private var searched = 0

    package init(limits: WireLimits = .default) {
        self.limits = limits
    }

    /// The next frame in `window`, which begins with a frame's first byte.
    ///
    /// Complexity: O(length of the control line). It never looks at a payload.
    /// - Throws: `WireError` with a position in the window.
    package mutating func next(_ window: Span<UInt8>) throws(WireError) -> Step {
        guard window.count > 0 else { return .needMore(atLeast: 1) }
        let verb = window[0] | 0x20
        let isInfo = verb == UInt8(ascii: "i")
        let limit = isInfo ? limits.maxInfoLine : limits.maxControlLine
        guard let feed = Scan.firstIndex(of: 0x0A, in: window, from: searched), feed < limit else {
            try ControlLine.checkVerb(window)
            guard window.count < limit else {
                throw WireError(
                    .controlLineTooLong, in: .controlLine, at: limit,
                    "no line feed in the first \(limit) bytes")
            }
            searched = window.count
            return .needMore(atLeast: window.count + 1)
        }
        let end = feed > 0 && window[feed - 1] == 0x0D ? feed - 1 : feed
        let step: Step
        if verb == UInt8(ascii: "m") || verb == UInt8(ascii: "h") {
            step = try MessageLine.parse(
                window, end: end, bodyStart: feed + 1, maxPayload: limits.maxPayload)
        } else {
            let frame = try ControlLine.parse(window, end: end)
            step = .frame(frame, size: feed + 1)
        }
        // A message that waits for its payload is parsed again from its first byte.
        searched = 0
        return step
    }
}
