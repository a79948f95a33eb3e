internal import BridgeBytes

/// The control lines that announce a payload:
/// `MSG subject sid [reply-to] size` and `HMSG subject sid [reply-to] header-size total-size`.
enum MessageLine {
    /// Parses the line that ends before `end` and locates its payload, which starts at
    /// `bodyStart`.
    static func parse(
        _ window: Span<UInt8>, end: Int, bodyStart: Int, maxPayload: Int
    ) throws(WireError) -> FrameParser.Step {
        let hasHeaders = window[0] | 0x20 == UInt8(ascii: "h")
        let verbEnd = hasHeaders ? 4 : 3
        guard end > verbEnd, window[verbEnd] <= 0x20, isMSG(window, endingAt: verbEnd) else {
            throw ControlLine.unknownVerb()
        }
        var tokens = InlineArray<5, Range<Int>>(repeating: 0..<0)
        let count = try split(window, verbEnd..<end, into: &tokens)
        let withReply = hasHeaders ? 5 : 4
        guard count == withReply || count == withReply - 1 else {
            throw WireError(
                .invalidControlLine, in: .controlLine, at: end,
                "\(count) arguments where \(withReply - 1) or \(withReply) are due")
        }
        let sid = try number(window, tokens[1])
        let body = try AnnouncedBody(
            window, tokens, count, hasHeaders: hasHeaders, start: bodyStart,
            maxPayload: maxPayload)
        guard window.count >= body.frameEnd else { return .needMore(atLeast: body.frameEnd) }
        try body.checkEnd(window)
        let frame = MessageFrame(
            subject: tokens[0], replyTo: count == withReply ? tokens[2] : nil, sid: sid,
            headers: body.headers, payload: body.payload)
        return .frame(.message(frame), size: body.frameEnd)
    }

    /// Whether the three letters before `end` are MSG, in any case.
    private static func isMSG(_ window: Span<UInt8>, endingAt end: Int) -> Bool {
        window[end - 3] | 0x20 == UInt8(ascii: "m") && window[end - 2] | 0x20 == UInt8(ascii: "s")
            && window[end - 1] | 0x20 == UInt8(ascii: "g")
    }

    /// Splits a line at runs of blanks and tabs; returns the number of tokens. Any other byte may
    /// stand in one, as in a server's subjects, but a carriage return: no server lets it through.
    static func split(
        _ window: Span<UInt8>, _ line: Range<Int>, into tokens: inout InlineArray<5, Range<Int>>
    ) throws(WireError) -> Int {
        var count = 0
        var position = line.lowerBound
        let end = line.upperBound
        while position < end {
            let byte = window[position]
            if byte == 0x20 || byte == 0x09 {
                position += 1
                continue
            }
            let start = position
            while position < end {
                let byte = window[position]
                guard byte > 0x20 || byte != 0x20 && byte != 0x09 && byte != 0x0D else { break }
                position += 1
            }
            guard position > start, count < 5 else {
                throw WireError(
                    .invalidControlLine, in: .controlLine, at: position,
                    position > start ? "more than 5 arguments" : "a carriage return")
            }
            tokens[count] = start..<position
            count += 1
        }
        return count
    }

    static func number(
        _ window: Span<UInt8>, _ token: Range<Int>
    ) throws(WireError) -> Int {
        guard token.count <= WireLimits.maxDigits else {
            throw WireError(
                .invalidNumber, in: .controlLine, at: token.lowerBound,
                "a number of \(token.count) characters")
        }
        var value = 0
        for position in token {
            let digit = window[position] &- 0x30
            guard digit <= 9 else {
                throw WireError(
                    .invalidNumber, in: .controlLine, at: position, "not a decimal digit")
            }
            value = value &* 10 &+ Int(digit)
        }
        return value
    }
}
