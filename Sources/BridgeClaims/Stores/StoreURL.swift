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
