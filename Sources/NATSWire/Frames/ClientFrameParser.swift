// Theory of operation.
//
// The server's side of the protocol, for whoever looks at what a client sends: the trace, and
// tests that stand in for a server. It works as `FrameParser` does: it is given the unread
// window, whose first byte is the first byte of a frame, and answers with one whole frame as
// ranges or with the number of bytes that the window must hold first.
//
// It takes what nats-server takes: verbs in any case, runs of blanks and tabs, a bare LF at the
// end of a control line. A payload is followed by CR LF exactly.
//
// After an error the parser's answers mean nothing.
internal import BridgeBytes

/// Finds frames in the bytes of a client.
package struct ClientFrameParser: Sendable {
    package enum Step: Equatable, Sendable {
        /// A whole frame in the first `size` bytes, which the caller consumes.
        case frame(ClientFrame, size: Int)
        /// The window must hold at least this many bytes, counted from its start, before there
        /// can be a frame.
        case needMore(atLeast: Int)
    }

    private static let verbs: [StaticString] = [
        "PUB", "HPUB", "SUB", "UNSUB", "CONNECT", "PING", "PONG",
    ]

    private let limits: WireLimits
    /// Number of bytes of the partial line at the window's start that hold no line feed.
    private var searched = 0

    package init(limits: WireLimits = .default) { self.limits = limits }

    /// The next frame in `window`, which begins with a frame's first byte.
    ///
    /// Complexity: O(length of the control line). It never looks at a payload.
    /// - Throws: `WireError` with a position in the window.
    package mutating func next(_ window: Span<UInt8>) throws(WireError) -> Step {
        guard window.count > 0 else { return .needMore(atLeast: 1) }
        // CONNECT may hold a JWT, and is no more bound by the limit than INFO is.
        let isConnect = window[0] | 0x20 == UInt8(ascii: "c")
        let limit = isConnect ? limits.maxInfoLine : limits.maxControlLine
        guard let feed = Scan.firstIndex(of: 0x0A, in: window, from: searched), feed < limit else {
            try ControlLine.checkVerb(window, among: Self.verbs)
            guard window.count < limit else {
                throw WireError(
                    .controlLineTooLong, in: .controlLine, at: limit,
                    "no line feed in the first \(limit) bytes")
            }
            searched = window.count
            return .needMore(atLeast: window.count + 1)
        }
        searched = 0
        let end = feed > 0 && window[feed - 1] == 0x0D ? feed - 1 : feed
        let line = window.extracting(0..<end)
        if Scan.hasPrefix(line, caseInsensitive: "PING") { return .frame(.ping, size: feed + 1) }
        if Scan.hasPrefix(line, caseInsensitive: "PONG") { return .frame(.pong, size: feed + 1) }
        if isConnect, Scan.hasPrefix(line, caseInsensitive: "CONNECT") {
            let json = try ControlLine.argument(of: line, after: 7)
            return .frame(.connect(json), size: feed + 1)
        }
        return try arguments(of: window, end: end, bodyStart: feed + 1)
    }

    /// The verbs that have arguments between blanks.
    private func arguments(
        of window: Span<UInt8>, end: Int, bodyStart: Int
    ) throws(WireError) -> Step {
        let line = window.extracting(0..<end)
        let verb =
            if Scan.hasPrefix(line, caseInsensitive: "PUB") {
                3
            } else if Scan.hasPrefix(line, caseInsensitive: "HPUB") {
                4
            } else if Scan.hasPrefix(line, caseInsensitive: "SUB") {
                3
            } else if Scan.hasPrefix(line, caseInsensitive: "UNSUB") {
                5
            } else {
                throw ControlLine.unknownVerb()
            }
        guard end > verb, window[verb] == 0x20 || window[verb] == 0x09 else {
            throw ControlLine.unknownVerb()
        }
        var tokens = InlineArray<5, Range<Int>>(repeating: 0..<0)
        let count = try MessageLine.split(window, verb..<end, into: &tokens)
        switch window[0] | 0x20 {
        case UInt8(ascii: "s"):
            try check(count, in: 2...3, at: end)
            let group = count == 3 ? tokens[1] : nil
            let frame = SubscribeFrame(
                pattern: tokens[0], queueGroup: group, sid: tokens[count - 1])
            return .frame(.subscribe(frame), size: bodyStart)
        case UInt8(ascii: "u"):
            try check(count, in: 1...2, at: end)
            let max = count == 2 ? try MessageLine.number(window, tokens[1]) : nil
            return .frame(.unsubscribe(sid: tokens[0], max: max), size: bodyStart)
        default:
            return try publish(window, tokens, count, hasHeaders: verb == 4, end, bodyStart)
        }
    }

    private func check(
        _ count: Int, in range: ClosedRange<Int>, at end: Int
    ) throws(WireError) {
        guard range.contains(count) else {
            throw WireError(
                .invalidControlLine, in: .controlLine, at: end,
                "\(count) arguments where \(range.lowerBound) or \(range.upperBound) are due")
        }
    }

    private func publish(
        _ window: Span<UInt8>, _ tokens: InlineArray<5, Range<Int>>, _ count: Int,
        hasHeaders: Bool, _ end: Int, _ bodyStart: Int
    ) throws(WireError) -> Step {
        let withReply = hasHeaders ? 4 : 3
        try check(count, in: withReply - 1...withReply, at: end)
        let body = try AnnouncedBody(
            window, tokens, count, hasHeaders: hasHeaders, start: bodyStart,
            maxPayload: limits.maxPayload)
        guard window.count >= body.frameEnd else { return .needMore(atLeast: body.frameEnd) }
        try body.checkEnd(window)
        let frame = PublishFrame(
            subject: tokens[0], replyTo: count == withReply ? tokens[1] : nil,
            headers: body.headers, payload: body.payload)
        return .frame(.publish(frame), size: body.frameEnd)
    }
}
