internal import HTTPWire

/// What a link begins with, seen by whoever has stored a payload.
///
/// The sender has just used an address of the store that works. So the path is the server's, and
/// the origin is the sender's own view, unless somebody knows better:
///
/// 1. the sender's public URL for the store, where it has one,
/// 2. the origin that the server answers with, which is its own public URL,
/// 3. the origin that the sender used.
///
/// The second does not hold for an address that means nothing to others: a server that listens on
/// all addresses, or on the loopback, and is reached through another name, has told where it
/// listens, not where it is found. Nor does it hold for `http` where the sender used `https`: that
/// is a server behind a proxy that ends TLS, which knows no better.
///
/// The query, where a server that signs its links answers with one, goes with the link whatever
/// that begins with: the signature is not over the origin.
enum LinkOrigin {
    /// - Parameters:
    ///   - publicURL: What the sender's settings say.
    ///   - path: Path of the payload below a base.
    ///   - location: What the server answered.
    ///   - target: What the sender has sent the payload to.
    static func link(
        publicURL: HTTPURL?, path: String, location: String?, target: HTTPURL
    ) -> String {
        let told = location.flatMap { try? target.resolving($0) }
        if let publicURL, let url = try? StoreURL.make(publicURL, path) {
            guard let query = told?.query else { return url.text }
            return (try? HTTPURL("\(url.text)?\(query)"))?.text ?? url.text
        }
        guard let url = told, !url.hasUserInfo else { return target.text }
        guard !isTelling(url, seenFrom: target) else { return url.text }
        let start = "\(target.scheme.rawValue)://\(target.hostField)"
        return (try? HTTPURL(start + url.target))?.text ?? target.text
    }

    /// Whether an answer's origin says where the server is found.
    private static func isTelling(_ url: HTTPURL, seenFrom target: HTTPURL) -> Bool {
        if url.origin == target.origin { return true }
        // What is stored over TLS is not fetched without it because of an answer.
        if target.scheme == .https, url.scheme == .http { return false }
        if isWildcard(url) { return false }
        guard isLoopback(url) else { return true }
        // On the loopback itself another port is another way in, and another name is none.
        return isLoopback(target) && url.port != target.port
    }

    private static func isWildcard(_ url: HTTPURL) -> Bool {
        ["0.0.0.0", "::", "0"].contains(url.host)
    }

    private static func isLoopback(_ url: HTTPURL) -> Bool {
        LoopbackName.contains(url)
            || url.host.hasPrefix("127.") && url.host.utf8.allSatisfy { $0 == 0x2E || isDigit($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
