internal import BridgeBytes

/// Finds the parts of a `multipart/form-data` body (RFC 7578, RFC 2046 section 5.1.1) while it
/// comes in.
///
/// ## Theory of operation
/// The delimiter is CR LF `--` boundary, and the body is read as if a CR LF stood before it. Only
/// its first byte can be a CR, so after a mismatch the search begins afresh at the byte that did
/// not match, and nothing has to be buffered: bytes that looked like a delimiter at the end of
/// one window and turned out to be data equal the delimiter's own beginning, and are handed out
/// from there (`held`).
///
/// ```
/// preamble --delimiter--> mark --CRLF--> head --empty line--> data --delimiter--> mark
///                         mark --"--"--> epilogue
/// ```
/// Every step says how much of the window it used; the caller consumes that and calls again.
package struct MultipartParser: Sendable {
    package struct Part: Sendable, Hashable {
        package let fields: FieldList
        /// The name of the form field.
        package let name: String?
        /// The name of the file; nil for an ordinary form field.
        package let fileName: String?
    }

    package enum Step: Sendable, Hashable {
        /// A part begins.
        case part(Part, consumed: Int)
        /// Data of the part at this range of the window; consume up to its upper bound.
        case data(Range<Int>)
        /// Data of the part that is the first `count` bytes of `delimiter`.
        case held(count: Int, consumed: Int)
        case partEnd(consumed: Int)
        /// The closing delimiter; what follows is to be ignored.
        case end(consumed: Int)
        case needMore(consumed: Int)
    }

    private enum State: Sendable { case preamble, mark, dash, padding, lineFeed, head, data, end }

    /// CR LF `--` boundary.
    package let delimiter: [UInt8]
    private let limits: HTTPWireLimits
    private var state = State.preamble
    /// Bytes of the delimiter that the bytes before the window matched.
    private var matched = 2
    private var line: [UInt8] = []
    private var fields = FieldList()
    private var headSize = 0
    private var parts = 0

    /// - Throws: `badMultipart` unless the content type is `multipart/form-data` with a boundary
    ///   of 1...70 visible bytes.
    package init(
        contentType: String, limits: HTTPWireLimits = .default
    ) throws(HTTPWireError) {
        guard let parsed = ParameterizedValue(contentType),
            parsed.head == "multipart/form-data", let boundary = parsed.parameters["boundary"],
            (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), boundary.utf8.last != 0x20
        else {
            throw HTTPWireError(
                .invalidMultipart, .multipart, "the content type is no form with a boundary")
        }
        delimiter = Array("\r\n--\(boundary)".utf8)
        self.limits = limits
    }

    /// Whether the closing delimiter has been read.
    package var isComplete: Bool { state == .end }

    package mutating func next(_ window: Span<UInt8>) throws(HTTPWireError) -> Step {
        var position = 0
        while position < window.count {
            switch state {
            case .preamble, .data:
                if let step = search(window, &position) { return step }
            case .end: return .end(consumed: window.count)
            case .head:
                let byte = window[position]
                position += 1
                if let part = try readHead(byte) { return .part(part, consumed: position) }
            default:
                try readMark(window[position], at: position)
                position += 1
                if state == .end { return .end(consumed: position) }
            }
        }
        return .needMore(consumed: position)
    }

    /// Looks for the delimiter from `position` on; hands out what cannot belong to it.
    private mutating func search(_ window: Span<UInt8>, _ position: inout Int) -> Step? {
        if matched > 0 { return resume(window, &position) }
        var from = position
        while let hit = Scan.firstIndex(of: Octet.cr, in: window, from: from) {
            let length = min(delimiter.count, window.count - hit)
            let candidate = window.extracting(hit..<hit + length)
            if Scan.equal(candidate, delimiter.span.extracting(0..<length)) {
                if hit > position, state == .data { return .data(position..<hit) }
                matched = 1
                position = hit + 1
                return nil
            }
            from = hit + 1
        }
        defer { position = window.count }
        return state == .data ? .data(position..<window.count) : nil
    }

    private mutating func resume(_ window: Span<UInt8>, _ position: inout Int) -> Step? {
        while position < window.count, matched < delimiter.count {
            guard window[position] == delimiter[matched] else {
                let count = matched
                matched = 0
                return state == .data ? .held(count: count, consumed: position) : nil
            }
            matched += 1
            position += 1
        }
        guard matched == delimiter.count else { return nil }
        matched = 0
        let wasData = state == .data
        state = .mark
        return wasData ? .partEnd(consumed: position) : nil
    }

    /// What follows a delimiter: `--`, or blanks and a line end.
    private mutating func readMark(_ byte: UInt8, at position: Int) throws(HTTPWireError) {
        switch (state, byte) {
        case (.mark, 0x2D): state = .dash
        case (.dash, 0x2D): state = .end
        case (.mark, Octet.space), (.mark, Octet.tab), (.padding, Octet.space),
            (.padding, Octet.tab):
            state = .padding
        case (.mark, Octet.cr), (.padding, Octet.cr): state = .lineFeed
        case (.lineFeed, Octet.lf):
            parts += 1
            guard parts <= limits.partCount else {
                throw HTTPWireError(.invalidMultipart, .multipart, at: position, "too many parts")
            }
            state = .head
            headSize = 0
            fields = FieldList()
        default:
            throw HTTPWireError(
                .invalidMultipart, .multipart, at: position, "a boundary line has no proper end")
        }
    }

    /// Collects the fields of a part, a line at a time; returns the part at the empty line.
    private mutating func readHead(_ byte: UInt8) throws(HTTPWireError) -> Part? {
        headSize += 1
        guard headSize <= limits.partHeadBytes else {
            throw HTTPWireError(.invalidMultipart, .multipart, "the fields of a part are too large")
        }
        line.append(byte)
        guard byte == Octet.lf else { return nil }
        guard line.count >= 2, line[line.count - 2] == Octet.cr,
            line.firstIndex(of: Octet.cr) == line.count - 2
        else {
            throw HTTPWireError(
                .invalidMultipart, .multipart, "a part's line is not ended by CR LF")
        }
        let text = line
        line.removeAll(keepingCapacity: true)
        if text.count > 2 {
            try FieldLine.read(
                text.span, 0..<text.count - 2, after: fields.isEmpty, into: &fields,
                stage: .multipart)
            return nil
        }
        state = .data
        let disposition = fields["Content-Disposition"].flatMap { ContentDisposition($0) }
        return Part(
            fields: fields, name: disposition?.parameters["name"],
            fileName: disposition?.fileName)
    }
}
