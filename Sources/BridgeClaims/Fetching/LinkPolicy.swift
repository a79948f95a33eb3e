internal import BridgeBytes
public import HTTPWire

/// Where the links of received envelopes may point.
///
/// A link comes from whoever can publish, so following any of them would let strangers send
/// requests from inside our network. Only listed origins (scheme, host and port) are followed,
/// compared as text: a listed name is trusted with whatever it resolves to, and anything else,
/// private or public, is refused, so no spelling of an address can slip through. A mode that
/// follows any public address would have to judge resolved addresses and does not exist.
public struct LinkPolicy: Sendable, Hashable {
    /// Longest URL in bytes: 8 KiB, as much as servers take.
    public static let longestURL = 8 << 10

    /// The origins that may be fetched from.
    public var allowedOrigins: Set<HTTPURL.Origin>
    /// Origins to fetch from in place of others, for senders that know their store under another
    /// name (`localhost` in a container, say). The left side need not be allowed.
    public var replacements: [HTTPURL.Origin: HTTPURL.Origin] = [:]

    /// A policy that allows these origins.
    public init(allowing origins: Set<HTTPURL.Origin>) { allowedOrigins = origins }

    /// Judges a link.
    /// - Returns: The URL to fetch.
    /// - Throws: `ClaimError` with `linkRefused`; its message says which rule, and its URL leaves
    ///   out user information and query.
    public func check(_ link: String) throws(ClaimError) -> HTTPURL {
        guard link.utf8.count <= Self.longestURL else {
            throw refusal("?", "the link is longer than \(Self.longestURL) bytes")
        }
        let url: HTTPURL
        do throws(HTTPWireError) {
            url = try HTTPURL(link, isLenient: true)
        } catch {
            throw refusal("?", error.message)
        }
        guard !url.hasUserInfo else {
            throw refusal(url.description, "a link holds no user name")
        }
        guard !link.utf8.contains(0x23) else {
            throw refusal(url.description, "a link holds no fragment")
        }
        if let replacement = replacements[url.origin] {
            do throws(HTTPWireError) {
                return try HTTPURL(replacement.urlText + url.target)
            } catch {
                throw refusal(url.description, error.message)
            }
        }
        guard allowedOrigins.contains(url.origin) else {
            throw refusal(url.description, "links to \(url.origin) are not followed")
        }
        return url
    }

    private func refusal(_ url: String, _ message: String) -> ClaimError {
        ClaimError(.linkRefused, .policy, url: url, message)
    }
}

extension HTTPURL.Origin {
    /// The start of an absolute URL. An IPv6 address is told by its colons.
    fileprivate var urlText: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(scheme.rawValue)://\(shown):\(port)"
    }
}
