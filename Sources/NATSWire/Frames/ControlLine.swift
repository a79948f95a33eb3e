internal import BridgeBytes

/// The control lines without a payload: INFO, PING, PONG, +OK and -ERR.
enum ControlLine {
    static let serverVerbs: [StaticString] = [
        "MSG", "HMSG", "PING", "PONG", "+OK", "-ERR", "INFO",
    ]

    /// Refuses a beginning of a line that no verb begins with.
    static func checkVerb(
        _ window: Span<UInt8>, among verbs: [StaticString] = serverVerbs
    ) throws(WireError) {
        for verb in verbs {
            let count = min(verb.utf8CodeUnitCount, window.count)
            if hasPrefix(window, verb, count) { return }
        }
        throw unknownVerb()
    }

    private static func hasPrefix(
        _ window: Span<UInt8>, _ verb: StaticString, _ count: Int
    ) -> Bool {
        verb.withUTF8Buffer { verb in
            for index in 0..<count
            // Sound: the caller bounds `count` by the verb's own length.
            where Scan.lowercased(window[index]) != Scan.lowercased(unsafe verb[index]) {
                return false
            }
            return true
        }
    }

    static func unknownVerb() -> WireError {
        WireError(.unknownVerb, in: .controlLine, at: 0, "the line begins with no known verb")
    }

    /// Parses a line whose text ends before `end`.
    static func parse(_ window: Span<UInt8>, end: Int) throws(WireError) -> Frame {
        let line = window.extracting(0..<end)
        switch line.isEmpty ? 0 : line[0] | 0x20 {
        case UInt8(ascii: "p"):
            if Scan.hasPrefix(line, caseInsensitive: "PING") { return .ping }
            if Scan.hasPrefix(line, caseInsensitive: "PONG") { return .pong }
        case UInt8(ascii: "+"):
            if Scan.hasPrefix(line, caseInsensitive: "+OK") { return .ok }
        case UInt8(ascii: "-"):
            if Scan.hasPrefix(line, caseInsensitive: "-ERR") {
                return .error(try argument(of: line, after: 4))
            }
        case UInt8(ascii: "i"):
            if Scan.hasPrefix(line, caseInsensitive: "INFO") {
                return .info(try argument(of: line, after: 4))
            }
        default: break
        }
        throw unknownVerb()
    }

    /// The text behind a verb, without the blanks around it.
    static func argument(
        of line: Span<UInt8>, after verb: Int
    ) throws(WireError) -> Range<Int> {
        var start = verb
        var end = line.count
        while start < end, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        guard start > verb || start == end else { throw unknownVerb() }
        while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }
}
