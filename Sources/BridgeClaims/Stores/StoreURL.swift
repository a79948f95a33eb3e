internal import BridgeHTTP
internal import HTTPWire

/// URLs below a store's base.
enum StoreURL {
    /// Reads the URL of a store.
    /// - Throws: `badURL`, without the URL.
    static func parse(_ text: String) throws(HTTPError) -> HTTPURL {
        do throws(HTTPWireError) {
            return try HTTPURL(text)
        } catch {
            throw HTTPError(.badURL, .prepare, url: "", error.detail, wire: error)
        }
    }

    /// Refuses what the URL of a store holds and no request would carry: what somebody wrote
    /// there was meant to have an effect.
    /// - Throws: `badURL`.
    static func check(_ urls: HTTPURL?...) throws(HTTPError) {
        for case let url? in urls {
            let problem =
                if url.hasUserInfo {
                    "a store's URL cannot hold a user name or a password: they would not be sent"
                } else if url.query != nil {
                    "a store's URL cannot hold a query: it would not be sent"
                } else {
                    String?.none
                }
            if let problem {
                throw HTTPError(.badURL, .prepare, url: url.description, problem)
            }
        }
    }

    /// Refuses a token that could not be sent as it is. Its text stays out of the error.
    /// - Throws: `badRequest`.
    static func check(token: String?, of base: HTTPURL) throws(HTTPError) {
        guard let token else { return }
        // A user name and a password are sent in another alphabet.
        let isFit =
            token.contains(":")
            ? token.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            : !token.isEmpty && token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard !isFit else { return }
        throw HTTPError(
            .badRequest, .prepare, url: base.description,
            "a store's token holds visible ASCII only, and at least one character, unless it is a"
                + " user name and a password")
    }

    /// The URL of a link that leads to the store itself: the only place for its token.
    /// - Throws: `linkRefused`, or `refused` for another store's.
    static func own(
        _ link: String, _ policy: LinkPolicy, of base: HTTPURL, _ correlationID: String
    ) throws(ClaimError) -> HTTPURL {
        let url = try policy.check(link)
        // Both may be known by the store's public name, which is what its links begin with.
        let own = policy.replacements[url.origin] ?? url.origin
        guard own == base.origin else {
            throw ClaimError(
                .refused, .delete, url: url.description,
                "the link leads to another store than this one", correlationID: correlationID)
        }
        return url
    }

    /// - Parameter path: Begins with a slash, percent-encoded.
    static func make(_ base: HTTPURL, _ path: String) throws(ClaimError) -> HTTPURL {
        var prefix = base.path
        while prefix.hasSuffix("/") { prefix.removeLast() }
        let start = "\(base.scheme.rawValue)://\(base.hostField)"
        do throws(HTTPWireError) {
            return try HTTPURL(start + prefix + path)
        } catch {
            throw ClaimError(.linkRefused, .upload, url: base.description, error.message)
        }
    }
}
