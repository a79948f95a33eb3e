// Theory of operation.
//
// A header block is a version line, header lines, and a blank line (ADR-4):
//
//     NATS/1.0[ <blanks> status [<blanks> description]] CR LF
//     *( name ":" value CR LF *( (SP / HT) more-of-the-value CR LF ) )
//     CR LF
//
// It is walked once, line by line. A line that begins with a blank continues the value before
// it: both parts are joined by one blank, which is the one case in which bytes are copied; all
// other names and values share the memory of the block. Values are trimmed of blanks at both
// ends. Anything after the blank line, a line without a colon, a name that is not one, and a
// CR or NUL inside a value are errors: what one reader would strip, another would obey.
public import BridgeBytes

/// The decoded header block of a received message.
public struct HeaderBlock: Sendable, Hashable {
    /// The header lines, in order.
    public let headers: Headers
    /// The status on the version line, if there is one.
    public let status: HeaderStatus?

    static let versionLine: StaticString = "NATS/1.0\r\n"
    static let version: StaticString = "NATS/1.0"

    /// Parses a whole block (ADR-4), blank line included.
    /// - Throws: `WireError` with `invalidHeaders` and the position of the offending byte, or
    ///   `tooManyHeaders`.
    /// - Complexity: O(n).
    public init(
        parsing block: Bytes, limits: WireLimits = .default
    ) throws(WireError) {
        let span = block.span
        let line = try Self.line(in: span, at: 0)
        status = try Self.status(in: span, line: line.text)
        var position = line.next
        var fields: [Headers.Field] = []
        while true {
            let line = try Self.line(in: span, at: position)
            if line.text.isEmpty {
                guard line.next == span.count else {
                    throw Self.malformed(line.next, "bytes after the blank line")
                }
                break
            }
            if span[line.text.lowerBound] == 0x20 || span[line.text.lowerBound] == 0x09 {
                try Self.fold(block, line.text, onto: &fields)
            } else {
                guard fields.count < limits.maxHeaderLines else {
                    throw WireError(
                        .tooManyHeaders, in: .headers, at: position,
                        "more than \(limits.maxHeaderLines) header lines")
                }
                fields.append(try Self.field(block, line.text))
            }
            position = line.next
        }
        headers = Headers(fields: fields)
    }

    /// The status of a block, without decoding its headers; nil when it has none or is not a
    /// header block. Complexity: O(length of the first line).
    package static func status(of block: Span<UInt8>) -> HeaderStatus? {
        do throws(WireError) {
            return try status(in: block, line: line(in: block, at: 0).text)
        } catch {
            return nil
        }
    }

    private static func malformed(_ offset: Int, _ message: String) -> WireError {
        WireError(.invalidHeaders, in: .headers, at: offset, message)
    }

    /// The line that starts at `start`: its text and where the next one starts.
    private static func line(
        in span: Span<UInt8>, at start: Int
    ) throws(WireError) -> (text: Range<Int>, next: Int) {
        guard let feed = Scan.firstIndex(of: 0x0A, in: span, from: start) else {
            throw malformed(span.count, "the header block ends without a blank line")
        }
        let end = feed > start && span[feed - 1] == 0x0D ? feed - 1 : feed
        for position in start..<end where span[position] == 0x0D || span[position] == 0 {
            throw malformed(position, "CR or NUL inside a header line")
        }
        return (start..<end, feed + 1)
    }

    private static func status(
        in span: Span<UInt8>, line: Range<Int>
    ) throws(WireError) -> HeaderStatus? {
        let versionEnd = version.utf8CodeUnitCount
        guard line.count >= versionEnd,
            Scan.equal(span.extracting(0..<versionEnd), version)
        else { throw malformed(0, "a header block begins with NATS/1.0") }
        let rest = trim(span, versionEnd..<line.upperBound)
        if rest.isEmpty { return nil }
        guard rest.lowerBound > versionEnd else {
            throw malformed(versionEnd, "no blank after the version")
        }
        var codeEnd = rest.lowerBound
        while codeEnd < rest.upperBound, !isBlank(span[codeEnd]) { codeEnd += 1 }
        let digits = span.extracting(rest.lowerBound..<codeEnd)
        guard digits.count == 3, let code = Decimal.parse(digits) else {
            throw malformed(rest.lowerBound, "a status is three digits")
        }
        let words = trim(span, codeEnd..<rest.upperBound)
        return HeaderStatus(
            code: code, description: String(repairing: Bytes(copying: span.extracting(words))))
    }

    private static func field(
        _ block: Bytes, _ line: Range<Int>
    ) throws(WireError) -> Headers.Field {
        let span = block.span
        guard
            let colon = Scan.firstIndex(
                of: UInt8(ascii: ":"), in: span.extracting(0..<line.upperBound),
                from: line.lowerBound)
        else { throw malformed(line.lowerBound, "a header line without a colon") }
        let name = line.lowerBound..<colon
        if let (fault, offset) = HeaderName.fault(in: span.extracting(name)) {
            throw malformed(name.lowerBound + offset, "header name refused: \(fault.rawValue)")
        }
        let value = trim(span, colon + 1..<line.upperBound)
        return Headers.Field(HeaderName(received: block[name]), HeaderValue(received: block[value]))
    }

    private static func fold(
        _ block: Bytes, _ line: Range<Int>, onto fields: inout [Headers.Field]
    ) throws(WireError) {
        guard let last = fields.popLast() else {
            throw malformed(line.lowerBound, "a continuation line without a header before it")
        }
        let more = trim(block.span, line)
        var joined = ByteWriter(capacity: last.value.bytes.count + 1 + more.count)
        joined.append(last.value.bytes)
        if !last.value.bytes.isEmpty && !more.isEmpty { joined.append(0x20) }
        joined.append(block[more])
        fields.append(Headers.Field(last.name, HeaderValue(received: joined.finish())))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trim(_ span: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isBlank(span[start]) { start += 1 }
        while end > start, isBlank(span[end - 1]) { end -= 1 }
        return start..<end
    }
}

extension HeaderName {
    /// Takes a name that has been checked in place.
    fileprivate init(received bytes: Bytes) { self.bytes = bytes }
}
