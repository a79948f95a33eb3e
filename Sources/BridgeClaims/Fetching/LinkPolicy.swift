internal import BridgeBytes
public import HTTPWire

/// Where the links of received envelopes may point.
///
/// A link comes from whoever can publish, so following any of them would let strangers send
/// requests from inside our network. Only listed origins (scheme, host and port) are followed,
/// compared as text: a listed name is trusted with whatever it resolves to, and anything else,
/// private or public, is refused, so no spelling of an address can slip through.
///
/// Sender and receiver may know the same server by different names. What the receiver calls by
/// another name is fetched from there (`replacements`). `publicPorts` opens the public internet,
/// where the resolved addresses decide.
public struct LinkPolicy: Sendable, Hashable {
    /// Longest URL in bytes: 8 KiB, as much as servers take.
    public static let longestURL = 8 << 10

    /// The rules, by the words that refusals name them with.
    public enum Rule: String, Sendable, Hashable, CaseIterable {
        /// A link has at most `longestURL` bytes.
        case length
        /// A link is a valid URL of a scheme that is spoken.
        case url
        /// A link holds no user name and no password.
        case userInfo = "user_info"
        /// A link holds no fragment.
        case fragment
        /// A link leads to an origin that is listed.
        case origin
        /// A link to a public address leads to a port that is listed.
        case port
        /// A link that is no listed origin's leads to public addresses alone.
        case address
    }

    /// The origins that may be fetched from.
    public var allowedOrigins: Set<HTTPURL.Origin>
    /// Origins to fetch from in place of others, for senders that know their store under another
    /// name (`localhost` in a container, say). The left side need not be allowed, and goes before
    /// `allowedOrigins`.
    public var replacements: [HTTPURL.Origin: HTTPURL.Origin] = [:]
    /// Ports at which links to any public address are followed; empty: none are.
    ///
    /// Such a link's host is resolved once. If any of its addresses is not public (loopback,
    /// private, link-local, and whatever else is set apart) it is refused, else the connection is
    /// made to the very addresses that were judged: a name that changes its answer gains nothing.
    /// Redirections are never followed.
    public var publicPorts: Set<Int> = []
    /// The ports of the web, for `publicPorts`: 80, 443 and 8080.
    public static let webPorts: Set<Int> = [80, 443, 8080]

    /// A policy that allows these origins.
    public init(allowing origins: Set<HTTPURL.Origin>) { allowedOrigins = origins }

    /// The policy of a store that is known by a URL, and perhaps by a public one.
    ///
    /// On the loopback `localhost`, `127.0.0.1` and `::1` are one server: links to each of them at
    /// the store's port are fetched from the store.
    package init(of store: HTTPURL, publicURL: HTTPURL?) {
        self.init(allowing: Set([store.origin, publicURL?.origin].compactMap { $0 }))
        for name in LoopbackName.of(store) where !allowedOrigins.contains(name) {
            replacements[name] = store.origin
        }
    }

    /// Judges a link by its text.
    /// - Returns: The URL to fetch.
    /// - Throws: `ClaimError` with `linkRefused`; its detail names the rule, and its URL leaves
    ///   out user information and query. So are links that `publicPorts` alone would allow, since
    ///   their addresses have to be judged: stores of this library do that.
    public func check(_ link: String) throws(ClaimError) -> HTTPURL {
        let (url, isListed) = try judge(link)
        guard isListed else {
            throw refusal(.origin, url.description, "links to \(url.origin) are not followed")
        }
        return url
    }

    /// Judges a link by its text.
    /// - Returns: The URL to fetch, and whether its origin is trusted: if not, only public
    ///   addresses may be connected to.
    func judge(_ link: String) throws(ClaimError) -> (url: HTTPURL, isListed: Bool) {
        let url = try parsed(link)
        if let replacement = replacements[url.origin] {
            do throws(HTTPWireError) {
                return (try HTTPURL(replacement.urlText + url.target), true)
            } catch {
                throw refusal(.url, url.description, error.message)
            }
        }
        if allowedOrigins.contains(url.origin) { return (url, true) }
        guard !publicPorts.isEmpty else {
            throw refusal(.origin, url.description, "links to \(url.origin) are not followed")
        }
        guard publicPorts.contains(url.port) else {
            let message = "links to port \(url.port) of public addresses are not followed"
            throw refusal(.port, url.description, message)
        }
        return (url, false)
    }

    private func parsed(_ link: String) throws(ClaimError) -> HTTPURL {
        guard link.utf8.count <= Self.longestURL else {
            throw refusal(.length, "?", "the link is longer than \(Self.longestURL) bytes")
        }
        let url: HTTPURL
        do throws(HTTPWireError) {
            url = try HTTPURL(link, isLenient: true)
        } catch {
            throw refusal(.url, "?", error.message)
        }
        guard !url.hasUserInfo else {
            throw refusal(.userInfo, url.description, "a link holds no user name")
        }
        guard !link.utf8.contains(0x23) else {
            throw refusal(.fragment, url.description, "a link holds no fragment")
        }
        return url
    }

    func refusal(_ rule: Rule, _ url: String, _ message: String) -> ClaimError {
        ClaimError(
            .linkRefused, .policy, url: url, "\(message) (the rule \"\(rule.rawValue)\")")
    }
}

extension HTTPURL.Origin {
    /// The start of an absolute URL. An IPv6 address is told by its colons.
    fileprivate var urlText: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(scheme.rawValue)://\(shown):\(port)"
    }
}

/// The names that every machine has for itself.
enum LoopbackName {
    private static let names = ["localhost", "127.0.0.1", "[::1]"]

    /// The other names of a store's origin on the loopback; none for a store elsewhere.
    static func of(_ store: HTTPURL) -> [HTTPURL.Origin] {
        guard contains(store) else { return [] }
        let origins = names.compactMap { name in
            try? HTTPURL("\(store.scheme.rawValue)://\(name):\(store.port)").origin
        }
        return origins.filter { $0 != store.origin }
    }

    /// Whether a URL leads to one of those names.
    static func contains(_ url: HTTPURL) -> Bool {
        ["localhost", "127.0.0.1", "::1"].contains(url.host)
    }
}
