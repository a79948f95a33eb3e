internal import BridgeBytes

/// Recognises a request that differs from one before in nothing but the path that it GETs.
///
/// ## Theory of operation
/// A client sends the same fields again and again. A head that the strict parser has taken is
/// learned when its fields change nothing about the answer; from then on a head whose octets from
/// the version on are exactly those needs no second look. Only its request line is read here, and
/// only in one form: `GET`, a path of unreserved characters and slashes, and what was learned.
/// Everything else is nil, and is the strict parser's to read: so nothing is taken here that it
/// would refuse.
///
/// ```
/// GET /f/0123…/name HTTP/1.1 CRLF fields CRLF CRLF
/// ^^^^ read: the path ^^^^^^ ^^^^^ compared ^^^^^^
/// ```
package struct RepeatedHead: Sendable {
    /// Where a path stands in the window, and how long its head is.
    package struct Match: Sendable, Hashable {
        package let path: Range<Int>
        package let size: Int
    }

    /// Heads that are longer, in bytes, are not learned: 2 KiB.
    static let longest = 2 << 10
    /// Fields that change nothing about the answer to a GET.
    private static let plain = [
        "Host", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control",
        "Pragma", "Referer",
    ]

    /// What follows the path, with the space before the version; empty when nothing was learned.
    private var rest: [UInt8] = []
    private let limits: HTTPWireLimits

    package init(limits: HTTPWireLimits = .default) { self.limits = limits }

    /// Learns from a request that the strict parser has just read from the window's start.
    package mutating func learn(_ head: RequestHead, _ window: Span<UInt8>, size: Int) {
        guard head.method == "GET", head.version == .http11, size <= Self.longest,
            window[0] == 0x47,
            let start = Scan.firstIndex(of: Octet.space, in: window, from: 4), start < size
        else { return }
        let seen = window.extracting(start..<size)
        // Minor versions above 1 are answered as 1 is; they are rare enough to be left alone.
        guard !Scan.equal(seen, rest.span), seen.count > 9,
            Scan.equal(seen.extracting(0..<9), " HTTP/1.1"), Self.isPlain(head.fields)
        else { return }
        rest = []
        rest.reserveCapacity(seen.count)
        for index in seen.indices { rest.append(seen[index]) }
    }

    private static func isPlain(_ fields: FieldList) -> Bool {
        fields.allSatisfy { field in
            plain.contains { Octet.equalIgnoringCase($0, field.name) }
                || Octet.equalIgnoringCase(field.name, "Connection")
                    && Octet.equalIgnoringCase(field.value, "keep-alive")
        }
    }

    /// The head at the start of the window, when it is whole and repeats what was learned.
    package func match(_ window: Span<UInt8>) -> Match? {
        guard !rest.isEmpty, window.count > rest.count + 5,
            Scan.equal(window.extracting(0..<5), "GET /"),
            let end = Scan.firstIndex(of: Octet.space, in: window, from: 5)
        else { return nil }
        let size = end + rest.count
        guard size <= window.count, size <= limits.sectionBytes, end - 4 <= limits.targetBytes,
            Scan.equal(window.extracting(end..<size), rest.span)
        else { return nil }
        for index in 5..<end where !Self.isPathByte(window[index]) { return nil }
        return Match(path: 4..<end, size: size)
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        Octet.isUnreserved(byte) || byte == 0x2F
    }
}
