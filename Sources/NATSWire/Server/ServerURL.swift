internal import BridgeBytes

/// The address of a NATS server, perhaps with credentials: `nats://user:pass@host:4222`,
/// `nats://token@host`, `host:4222`, `host`, `[::1]:4222` or, for WebSocket, `wss://host/path`.
public struct ServerURL: Sendable, Hashable {
    /// How the connection is secured.
    public enum Scheme: String, Sendable {
        /// Plain TCP, unless the server demands more.
        case nats
        /// TLS is demanded by whoever wrote the address.
        case tls
        /// WebSocket without TLS.
        case ws
        /// WebSocket over TLS.
        case wss

        /// Whether bytes travel in a WebSocket's frames.
        public var isWebSocket: Bool { self == .ws || self == .wss }

        /// Whether there is TLS, or no connection.
        public var asksForTLS: Bool { self == .tls || self == .wss }

        /// The port of a server that says none.
        public var defaultPort: Int {
            switch self {
            case .nats, .tls: ServerURL.defaultPort
            case .ws: 80
            case .wss: 443
            }
        }
    }

    /// What the address says about who we are.
    public enum Credentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        /// Without credentials.
        case none
        /// A name and a password.
        case user(String, password: String)
        /// A token alone.
        case token(String)

        /// The kind, and the user's name; no password and no token.
        public var description: String {
            switch self {
            case .none: "no credentials"
            case .user(let name, _): "user \(name)"
            case .token: "a token"
            }
        }

        /// Shows no secret.
        public var customMirror: Mirror { Mirror(self, children: ["credentials": description]) }
    }

    /// The port of a server that says none, without WebSocket.
    public static let defaultPort = 4222

    /// How the connection is secured.
    public let scheme: Scheme
    /// A name or an IP address, without the brackets of IPv6.
    public let host: String
    /// The port, 1 to 65535.
    public let port: Int
    /// What the address says about who we are.
    public let credentials: Credentials
    /// Path and query of a WebSocket, beginning with `/`; empty without WebSocket.
    public let target: String
    /// The name that the certificate must be for, where it is not the host.
    package var certificateName: String?

    /// An address from its parts. Traps when the port is not in 1...65535.
    public init(
        scheme: Scheme = .nats, host: String, port: Int = defaultPort,
        credentials: Credentials = .none
    ) {
        self.init(
            scheme: scheme, host: host, port: port, credentials: credentials,
            target: scheme.isWebSocket ? "/" : "")
    }

    package init(
        scheme: Scheme, host: String, port: Int, credentials: Credentials, target: String
    ) {
        precondition((1...65535).contains(port), "a port lies in 1...65535")
        self.target = target
        self.scheme = scheme
        self.host = host
        self.port = port
        self.credentials = credentials
    }

    /// Parses an address. Servers announce theirs without a scheme (`connect_urls`).
    /// - Throws: `WireError` in the stage `url` with `invalidURL` or `unsupportedScheme`; its
    ///   message does not repeat the text.
    public init(_ text: String) throws(WireError) {
        var rest = Substring(text)
        var scheme = Scheme.nats
        if let mark = text.firstPlace(of: "://") {
            guard let known = Scheme(rawValue: text[..<mark.lowerBound].lowercased()) else {
                throw WireError(
                    .unsupportedScheme, in: .url, at: 0,
                    "only nats://, tls://, ws:// and wss:// are built in")
            }
            scheme = known
            rest = text[mark.upperBound...]
        }
        var target = ""
        if scheme.isWebSocket {
            let end = rest.utf8.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
            target = try Self.target(rest[end...])
            rest = rest[..<end]
        } else if rest.utf8.last == UInt8(ascii: "/") {
            rest = Substring(rest.utf8.dropLast())
        }
        var credentials = Credentials.none
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
            credentials = try Self.credentials(rest[..<at])
            rest = rest[rest.utf8.index(after: at)...]
        }
        let (host, port) = try Self.hostAndPort(rest, scheme.defaultPort)
        self.init(
            scheme: scheme, host: host, port: port, credentials: credentials, target: target)
    }

    /// Longest path and query of a WebSocket, in bytes.
    package static let longestTarget = 2000

    /// Path and query as they are sent.
    private static func target(_ text: Substring) throws(WireError) -> String {
        guard text.utf8.count <= longestTarget else { throw malformed("too long a path") }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw malformed("a character in the path that no path has")
        }
        return text.utf8.first == UInt8(ascii: "/") ? String(text) : "/" + text
    }

    /// The addresses of a list as the `nats` tools write it: separated by commas, with blanks
    /// around them or not. Empty places count for nothing, such as one behind a last comma.
    package static func list(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ",")).compactMap { place in
            var place = Substring(place)
            while place.first?.isWhitespace == true { place.removeFirst() }
            while place.last?.isWhitespace == true { place.removeLast() }
            return place.isEmpty ? nil : String(place)
        }
    }

    private static func malformed(_ message: String) -> WireError {
        WireError(.invalidURL, in: .url, message)
    }

    private static func credentials(_ text: Substring) throws(WireError) -> Credentials {
        guard let colon = text.utf8.firstIndex(of: colonByte) else {
            let token = try decoded(text)
            return token.isEmpty ? .none : .token(token)
        }
        return .user(
            try decoded(text[..<colon]),
            password: try decoded(text[text.utf8.index(after: colon)...]))
    }

    private static func hostAndPort(
        _ text: Substring, _ defaultPort: Int
    ) throws(WireError) -> (String, Int) {
        let bytes = text.utf8
        if bytes.first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else {
                throw malformed("an IPv6 address without its closing bracket")
            }
            let host = text[bytes.index(after: bytes.startIndex)..<close]
            guard host.utf8.contains(colonByte) else {
                throw malformed("no IPv6 address in brackets")
            }
            let rest = text[bytes.index(after: close)...]
            guard rest.isEmpty || rest.utf8.first == colonByte else {
                throw malformed("text between bracket and port")
            }
            return (
                try checked(host),
                rest.isEmpty ? defaultPort : try port(Substring(rest.utf8.dropFirst()))
            )
        }
        guard let colon = bytes.firstIndex(of: colonByte) else {
            return (try checked(text), defaultPort)
        }
        guard bytes.lastIndex(of: colonByte) == colon else {
            throw malformed("an IPv6 address stands in brackets")
        }
        return (try checked(text[..<colon]), try port(text[bytes.index(after: colon)...]))
    }

    private static let colonByte = UInt8(ascii: ":")

    private static func checked(_ host: Substring) throws(WireError) -> String {
        guard !host.isEmpty else { throw malformed("no host") }
        for byte in host.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"):
                continue
            default: throw malformed("a character in the host that no host has")
            }
        }
        return String(host)
    }

    private static func port(_ digits: Substring) throws(WireError) -> Int {
        guard let port = Decimal.parse(Array(digits.utf8).span), (1...65535).contains(port) else {
            throw malformed("the port is not a number from 1 to 65535")
        }
        return port
    }

    /// Undoes percent-encoding, which credentials need for `@`, `:` and `/`.
    private static func decoded(_ text: Substring) throws(WireError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(Hex.value),
                let low = rest.next().flatMap(Hex.value)
            else {
                throw malformed("a percent sign without two hex digits in the credentials")
            }
            bytes.append(high << 4 | low)
        }
        guard let text = String(validating: Bytes(bytes)) else {
            throw malformed("credentials that are not UTF-8")
        }
        return text
    }
}

extension ServerURL: CustomStringConvertible {
    /// `host:port`, in brackets if need be, as a server would announce it.
    public var authority: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The address without its credentials, and without the query, which may hold some.
    public var description: String {
        let path = target.prefix { $0 != "?" }
        return "\(scheme.rawValue)://\(authority)\(path == "/" ? "" : path)"
    }

    /// The name that the certificate must be for.
    package var nameInTLS: String { certificateName ?? host }

    /// Whether the host is an address in numbers.
    package var isNumeric: Bool { host.isNumericHost }

    /// Whether what is sent there does not leave the machine.
    package var isLoopback: Bool {
        let name = host.lowercased()
        return name == "localhost" || name == "::1" || name.hasPrefix("127.")
    }

    /// Whether both name the same server, whatever their credentials.
    package func isSameServer(as other: ServerURL) -> Bool {
        host.utf8.elementsEqual(other.host.utf8) && port == other.port
    }
}

extension ServerURL: CustomDebugStringConvertible, CustomReflectable {
    public var debugDescription: String { description }

    /// Shows no credentials, so that a dump of a structure that holds an address shows none.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

extension String {
    /// Whether it is an address in numbers, if it is a host at all.
    var isNumericHost: Bool {
        contains(":") || utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }
}
