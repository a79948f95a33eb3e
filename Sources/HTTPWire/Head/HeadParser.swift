internal import BridgeBytes

/// Finds and checks the head of a message in a growing window of unread bytes.
///
/// ## Theory of operation
/// The caller shows the whole unread window, again and again, until a head is complete; the
/// parser remembers how far it has looked and never reads a byte of a long line twice. Each line
/// is checked as soon as its line feed is there, so that the verdict comes as early as it can
/// and does not depend on how the bytes were cut. A line that has no end yet is only checked for
/// what can no longer become right: a carriage return that no line feed follows, and the limits.
///
/// ```
/// head  = [CRLF] start-line CRLF *( field CRLF ) CRLF
/// state = lineStart (first byte of the unfinished line), searched (no LF before it)
/// ```
/// Invariant: `0 <= lineStart <= searched <= window.count`.
///
/// Strict on purpose (RFC 9112 sections 2.2, 5.1, 5.2): no lone CR or LF, no blank before a
/// colon, no folded line. After an error the parser and its connection are not to be used again.
package struct HeadParser: Sendable {
    /// A head and the number of bytes that it took from the window.
    package struct Parsed<Head: Sendable & Equatable>: Sendable, Equatable {
        package let head: Head
        package let size: Int
    }

    private enum Role { case request, response }

    private let limits: HTTPWireLimits
    private var lineStart = 0
    private var searched = 0
    private var emptyLines = 0
    private var start: StartLine?
    private var fields = FieldList()

    package init(limits: HTTPWireLimits = .default) { self.limits = limits }

    /// Whether part of a head has been seen: silence is then a slow head, not an idle peer.
    package var isInsideHead: Bool { start != nil || searched > lineStart }

    /// The request head at the start of the window, or nil when it is not complete yet.
    package mutating func nextRequest(
        _ window: Span<UInt8>
    ) throws(HTTPWireError) -> Parsed<RequestHead>? {
        guard let size = try advance(window, .request),
            case .request(let method, let target, let version) = start
        else { return nil }
        let head = RequestHead(
            method: method, target: target, version: version, fields: fields)
        self = HeadParser(limits: limits)
        return Parsed(head: head, size: size)
    }

    /// The response head at the start of the window, or nil when it is not complete yet.
    package mutating func nextResponse(
        _ window: Span<UInt8>
    ) throws(HTTPWireError) -> Parsed<ResponseHead>? {
        guard let size = try advance(window, .response),
            case .response(let status, let reason, let version) = start
        else { return nil }
        let head = ResponseHead(
            status: status, reason: reason, version: version, fields: fields)
        self = HeadParser(limits: limits)
        return Parsed(head: head, size: size)
    }

    /// Reads complete lines; returns the size of the head once the empty line is there.
    private mutating func advance(
        _ window: Span<UInt8>, _ role: Role
    ) throws(HTTPWireError) -> Int? {
        while let feed = Scan.firstIndex(of: Octet.lf, in: window, from: searched) {
            let line = lineStart..<feed
            if start == nil { try checkFirstByte(window[lineStart], role) }
            try checkEnds(window, line, role)
            let content = line.lowerBound..<(line.upperBound - 1)
            if start == nil, content.isEmpty, role == .request,
                emptyLines < limits.leadingEmptyLines
            {
                emptyLines += 1
                lineStart = feed + 1
                searched = lineStart
                continue
            }
            if start == nil {
                try readStart(window.extracting(content), role)
            } else if !content.isEmpty {
                try readField(window, content)
            }
            try checkSection(feed + 1)
            lineStart = feed + 1
            searched = lineStart
            if content.isEmpty { return lineStart }
        }
        try checkUnfinished(window, role)
        searched = window.count
        return nil
    }

    /// A line (without its LF) ends with CR and holds no other.
    private func checkEnds(
        _ window: Span<UInt8>, _ line: Range<Int>, _ role: Role
    ) throws(HTTPWireError) {
        let text = window.extracting(line)
        guard let first = Scan.firstIndex(of: Octet.cr, in: text) else {
            try checkSeen(window, upTo: line.upperBound, role)
            throw HTTPWireError(
                .bareLF, .head, at: line.upperBound, "a line ends without a carriage return")
        }
        guard first == text.count - 1 else { throw bareCR(window, line.lowerBound + first, role) }
    }

    private func checkUnfinished(_ window: Span<UInt8>, _ role: Role) throws(HTTPWireError) {
        let line = window.extracting(lineStart..<window.count)
        if start == nil, !line.isEmpty { try checkFirstByte(line[0], role) }
        if let first = Scan.firstIndex(of: Octet.cr, in: line), first < line.count - 1 {
            throw bareCR(window, lineStart + first, role)
        }
        try checkSeen(window, upTo: window.count, role)
    }

    /// What was wrong before the line went wrong with its carriage return comes first, as it does
    /// where the bytes come one by one.
    private func bareCR(_ window: Span<UInt8>, _ position: Int, _ role: Role) -> HTTPWireError {
        do throws(HTTPWireError) {
            try checkSeen(window, upTo: position + 1, role)
        } catch {
            return error
        }
        return HTTPWireError(
            .bareCR, .head, at: position, "a carriage return stands inside a line")
    }

    /// The limits of a line that goes on, as far as this.
    private func checkSeen(
        _ window: Span<UInt8>, upTo end: Int, _ role: Role
    ) throws(HTTPWireError) {
        if start == nil, role == .request, end > lineStart {
            // The CR at the end is not part of a method or target.
            let last = window[end - 1] == Octet.cr ? end - 1 : end
            try StartLine.checkRequestPrefix(
                window.extracting(lineStart..<last), limits: limits)
        }
        try checkSection(end)
    }

    private func checkFirstByte(_ byte: UInt8, _ role: Role) throws(HTTPWireError) {
        if byte == 0x15 || byte == 0x16 {
            throw HTTPWireError(.tlsRequired, .head, at: lineStart, "the peer speaks TLS here")
        }
        let isFit =
            switch role {
            case .request: byte == Octet.cr || byte == Octet.lf || Octet.isToken(byte)
            case .response: byte == 0x48
            }
        guard isFit else {
            throw HTTPWireError(.notHTTP, .head, at: lineStart, "the peer does not speak HTTP/1")
        }
    }

    private func checkSection(_ size: Int) throws(HTTPWireError) {
        guard size <= limits.sectionBytes else {
            throw HTTPWireError(
                .sectionTooLarge, .head, at: limits.sectionBytes,
                "the head is larger than \(limits.sectionBytes) bytes")
        }
    }

    private mutating func readStart(_ line: Span<UInt8>, _ role: Role) throws(HTTPWireError) {
        switch role {
        case .request: start = try StartLine.request(line, limits: limits)
        case .response: start = try StartLine.response(line)
        }
    }

    private mutating func readField(
        _ window: Span<UInt8>, _ line: Range<Int>
    ) throws(HTTPWireError) {
        guard fields.count < limits.fieldCount else {
            throw HTTPWireError(
                .tooManyHeaders, .head, at: line.lowerBound,
                "there are more than \(limits.fieldCount) fields")
        }
        try FieldLine.read(window, line, after: fields.isEmpty, into: &fields, stage: .head)
    }
}
