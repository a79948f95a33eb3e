internal import BridgeBytes

/// An absolute `http` or `https` URL (RFC 3986, RFC 9110 section 4.2).
///
/// The description leaves out the query, which may hold a signature, and whatever stood before
/// an `@`, which is not kept at all.
public struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
    /// The two schemes that HTTP has.
    public enum Scheme: String, Sendable, Hashable {
        /// Plain HTTP, at port 80 by default.
        case http
        /// HTTP over TLS, at port 443 by default.
        case https
        /// The port that is meant when none is written: 80 or 443.
        public var defaultPort: Int { self == .http ? 80 : 443 }
    }

    /// What the same-origin rule compares (RFC 9110 section 4.3.1).
    public struct Origin: Sendable, Hashable, CustomStringConvertible {
        /// `http` or `https`.
        public let scheme: Scheme
        /// In lower case; an IPv6 address without brackets.
        public let host: String
        /// 1...65535.
        public let port: Int
        /// `scheme://host:port`, the port always written.
        public var description: String {
            let shown = host.utf8.contains(0x3A) ? "[\(host)]" : host
            return "\(scheme.rawValue)://\(shown):\(port)"
        }
    }

    /// `http` or `https`.
    public let scheme: Scheme
    /// The host in lower case; an IPv6 address without brackets.
    public let host: String
    /// Whether the host was a bracketed IPv6 address.
    public let isIPv6Literal: Bool
    /// The port, the scheme's default when none was written.
    public let port: Int
    /// The path, percent-encoded; at least `/`.
    public let path: String
    /// What stood after the first `?`, without it.
    public let query: String?
    /// Whether the URL held `user@` or `user:password@`. Link policies refuse that.
    public let hasUserInfo: Bool

    /// Reads a URL.
    /// - Parameters:
    ///   - text: The URL. A fragment is dropped: it is never sent.
    ///   - isLenient: Percent-encodes blanks, quotes and characters outside ASCII in path and
    ///     query, as browsers do, instead of refusing them. Peers build links from file names.
    /// - Throws: `HTTPWireError` with `invalidURL`. The message does not hold the URL.
    public init(_ text: String, isLenient: Bool = false) throws(HTTPWireError) {
        let (scheme, rest) = try Self.splitScheme(text)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        var authority = rest[..<end]
        hasUserInfo = authority.contains("@")
        if let at = authority.lastIndex(of: "@") {
            authority = authority[authority.index(after: at)...]
        }
        guard let parsed = Authority(String(authority)) else {
            throw HTTPWireError(.invalidURL, .target, "the URL has no valid host and port")
        }
        self.scheme = scheme
        host = parsed.host
        isIPv6Literal = parsed.isIPv6
        port = parsed.port ?? scheme.defaultPort
        let tail = rest[end...].prefix { $0 != "#" }
        let mark = tail.firstIndex(of: "?")
        let path = try Self.checked(tail[..<(mark ?? tail.endIndex)], isLenient: isLenient)
        self.path = path.isEmpty ? "/" : path
        if let mark {
            query = try Self.checked(tail[tail.index(after: mark)...], isLenient: isLenient)
        } else {
            query = nil
        }
    }

    /// Path and query, as they go on the request line.
    public var target: String { query.map { "\(path)?\($0)" } ?? path }

    /// Scheme, host and port.
    public var origin: Origin { Origin(scheme: scheme, host: host, port: port) }

    /// The value of the Host field: the port only where it is not the default.
    public var hostField: String {
        let shown = isIPv6Literal ? "[\(host)]" : host
        return port == scheme.defaultPort ? shown : "\(shown):\(port)"
    }

    /// The whole URL, query included; user information is not kept. For requests, not for logs.
    public var text: String { "\(scheme.rawValue)://\(hostField)\(target)" }

    /// The URL without its query: fit for logs and errors.
    public var description: String {
        "\(scheme.rawValue)://\(hostField)\(path)\(query == nil ? "" : "?…")"
    }

    /// The URL that a reference from an answer's Location field means, seen from this one: an
    /// absolute URL, `//host/path`, `/path`, or a path relative to this one's directory.
    /// - Throws: `HTTPWireError` with `invalidURL`, for other schemes as well.
    public func resolving(_ reference: String) throws(HTTPWireError) -> HTTPURL {
        if reference.hasPrefix("//") { return try HTTPURL("\(scheme.rawValue):\(reference)") }
        let base = "\(scheme.rawValue)://\(hostField)"
        if reference.hasPrefix("/") { return try HTTPURL(base + reference) }
        if reference.prefix(while: { $0 != "/" && $0 != "?" && $0 != "#" }).contains(":") {
            return try HTTPURL(reference)
        }
        if reference.hasPrefix("?") { return try HTTPURL(base + path + reference) }
        let directory = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return try HTTPURL(base + directory + reference)
    }

    private static func splitScheme(_ text: String) throws(HTTPWireError) -> (Scheme, Substring) {
        guard let colon = text.firstIndex(of: ":"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased()),
            text[colon...].hasPrefix("://")
        else {
            throw HTTPWireError(
                .invalidURL, .target, "only http:// and https:// URLs are understood")
        }
        return (scheme, text[colon...].dropFirst(3))
    }

    private static func checked(
        _ text: Substring, isLenient: Bool
    ) throws(HTTPWireError) -> String {
        let bytes = Array(text.utf8)
        if isLenient, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x5C }) {
            return PercentCoding.encode(bytes, keeping: isURLByte)
        }
        guard bytes.allSatisfy(isURLByte) else {
            throw HTTPWireError(.invalidURL, .target, "the URL holds a byte that must be encoded")
        }
        return String(text)
    }

    /// Visible ASCII without what RFC 3986 never allows: `" < > \ ^ ` { | }`.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B...0x7D: false
        default: byte > 0x20 && byte < 0x7F
        }
    }
}
