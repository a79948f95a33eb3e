internal import BridgeBytes
public import HTTPWire

/// A proxy that requests go through, but for those to this machine: plain ones whole, `https` ones
/// by a tunnel (`HTTPClientOptions.proxy`, `tunnel`).
///
/// It is off unless the options of a client name one. What a name resolves to is the proxy's
/// business then; requests to addresses that were judged (`LinkPolicy.publicPorts`) never take it.
public struct HTTPProxy: Sendable, Hashable {
    /// Where the proxy listens; its user information is not shown.
    public let url: HTTPURL
    /// Hosts that are reached without it, in lower case: each with those below it, `*` for all.
    public let exceptions: [String]
    /// The value of Proxy-Authorization; a secret.
    let authorization: String?

    /// A proxy by its URL, such as `http://proxy.example:3128`, with or without `user:password@`.
    /// - Parameter exceptions: Hosts with commas between, such as `intern.example,10.0.0.7`.
    /// - Throws: `HTTPError` with `invalidURL`, or `unsupportedScheme` for what is no plain HTTP.
    public init(_ text: String, exceptions: String = "") throws(HTTPError) {
        // Tools take a host and a port alone, too.
        let full = text.holds("://") ? text : "http://\(text)"
        do throws(HTTPWireError) { url = try HTTPURL(full) } catch {
            throw HTTPError(.badURL, .prepare, url: "", "the proxy: \(error.message)")
        }
        guard url.scheme == .http else {
            throw HTTPError(
                .unsupportedScheme, .prepare, url: url.description,
                "a proxy is spoken to by plain http only")
        }
        self.exceptions = exceptions.lowercased().split(separator: ",").map { name in
            String(name.drop { $0 == " " || $0 == "." }.prefix { $0 != " " })
        }.filter { !$0.isEmpty }
        authorization = try Self.authorization(in: full, url)
    }

    /// The variables of the environment that are looked at.
    package static let variables = [
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
        "NO_PROXY",
    ]

    /// The proxy that the environment names for a scheme, by `http_proxy`, or `https_proxy` or
    /// `HTTPS_PROXY`, or else `all_proxy`, and the hosts that `no_proxy` excepts; nil where it
    /// names none. `HTTP_PROXY` does not count, since a web server sets it to what a client has
    /// sent.
    /// - Throws: `HTTPError`, as `init`.
    public static func fromEnvironment(
        for scheme: HTTPURL.Scheme = .http, _ value: (String) -> String?
    ) throws(HTTPError) -> HTTPProxy? {
        let own = scheme == .https ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        let named = (own + ["all_proxy", "ALL_PROXY"]).compactMap(value)
        guard let text = named.first(where: { !$0.isEmpty }) else { return nil }
        return try HTTPProxy(text, exceptions: value("no_proxy") ?? value("NO_PROXY") ?? "")
    }

    private static func authorization(
        in text: String, _ url: HTTPURL
    ) throws(HTTPError) -> String? {
        guard url.hasUserInfo, let start = text.firstPlace(of: "://")?.upperBound,
            let end = text[start...].lastIndex(of: "@")
        else { return nil }
        guard let bytes = try? PercentCoding.decode(text[start..<end]) else {
            throw HTTPError(.badURL, .prepare, url: url.description, "the proxy's user name")
        }
        let coded = Base64.encode(bytes.span)
        return "Basic \(String(validating: coded, as: UTF8.self) ?? "")"
    }

    /// Whether requests to a URL go through the proxy.
    package func applies(to target: HTTPURL) -> Bool {
        let host = target.host.lowercased()
        let isHere =
            host == "localhost" || host.hasSuffix(".localhost") || host == "::1"
            || host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2E || Octet.isDigit($0) }
        guard !isHere else { return false }
        return !exceptions.contains { name in
            name == "*" || host == name || host.hasSuffix(".\(name)")
                || "\(host):\(target.port)" == name
        }
    }
}

extension HTTPProxy {
    /// A way to the host of a URL.
    func tunnel(to target: HTTPURL) -> TunnelTransform {
        let host = target.host.contains(":") ? "[\(target.host)]" : target.host
        return TunnelTransform(to: "\(host):\(target.port)", authorization: authorization)
    }
}

extension HTTPProxy: CustomStringConvertible {
    /// The URL without its secrets.
    public var description: String { url.description }
}
