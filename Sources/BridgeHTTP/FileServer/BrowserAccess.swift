internal import HTTPWire

/// Which pages in browsers may read links (CORS, in the Fetch standard).
///
/// ## Theory of operation
/// A browser that runs a page of one origin sends its requests to another, and hides the answers
/// from the page unless they name the page's origin. Before a request with fields of its own, such
/// as `Range`, it asks with OPTIONS whether it may. Only origins that the options list are named,
/// and only for reading. Cookies and passwords are never asked for (no credentials): whoever has
/// the link has all that is needed.
package struct BrowserAccess: Sendable, Hashable {
    /// Fields of answers that pages may see beside those that they always see.
    private static let exposed =
        "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Expires-At, "
        + "Last-Modified, Repr-Digest, Retry-After"
    /// Fields that pages may send.
    private static let accepted =
        "Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, "
        + "X-Correlation-ID"
    /// Seconds for which a browser need not ask again.
    private static let lifetime = "600"

    private let origins: Set<String>

    init(origins: Set<String>) { self.origins = origins }

    /// An origin in the form in which browsers send it; nil when the text is none.
    package static func normalized(_ text: String) -> String? {
        guard let url = try? HTTPURL(text), !url.hasUserInfo, url.query == nil, url.path == "/"
        else { return nil }
        return "\(url.scheme.rawValue)://\(url.hostField)"
    }

    /// The answer to a browser that asks whether it may; nil when it may not, or does not ask.
    func preflight(_ head: RequestHead) -> ServerAnswer? {
        guard head.method == "OPTIONS", origin(of: head) != nil,
            let method = head.fields["Access-Control-Request-Method"],
            method == "GET" || method == "HEAD"
        else { return nil }
        var answer = ServerAnswer(204)
        answer.fields.append("Access-Control-Allow-Methods", "GET, HEAD")
        answer.fields.append("Access-Control-Allow-Headers", Self.accepted)
        answer.fields.append("Access-Control-Max-Age", Self.lifetime)
        if head.fields["Access-Control-Request-Private-Network"] == "true" {
            answer.fields.append("Access-Control-Allow-Private-Network", "true")
        }
        return answer
    }

    /// Adds what a browser has to see to any answer.
    func adorn(_ answer: inout ServerAnswer, for head: RequestHead?) {
        guard !origins.isEmpty else { return }
        // Caches keep the answers for different origins apart.
        answer.fields.append("Vary", "Origin")
        guard let head, let origin = origin(of: head),
            ["GET", "HEAD", "OPTIONS"].contains(head.method)
        else { return }
        answer.fields.append("Access-Control-Allow-Origin", origin)
        answer.fields.append("Access-Control-Expose-Headers", Self.exposed)
    }

    /// The origin of the page that the request is for, if it is one of ours.
    private func origin(of head: RequestHead) -> String? {
        let values = head.fields.values(for: "Origin")
        return values.count == 1 && origins.contains(values[0]) ? values[0] : nil
    }
}
