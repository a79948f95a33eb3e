internal import BridgeBytes

/// The versions of HTTP/1 that we tell apart.
public enum HTTPVersion: String, Sendable, Hashable {
    /// HTTP/1.0: a connection for each exchange, unless it says otherwise.
    case http10 = "HTTP/1.0"
    /// HTTP/1.1 and any later minor version of HTTP/1.
    case http11 = "HTTP/1.1"
}

/// A request line and its fields.
package struct RequestHead: Sendable, Hashable {
    /// Case matters: `get` is not GET.
    package var method: String
    /// The request target as it was written.
    package var target: String
    package var version: HTTPVersion
    package var fields: FieldList

    package init(
        method: String, target: String, version: HTTPVersion = .http11,
        fields: FieldList = FieldList()
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
    }
}

/// A status line and its fields.
package struct ResponseHead: Sendable, Hashable {
    /// 100...999; a client treats what is above 599 as a server error.
    package var status: Int
    package var reason: String
    package var version: HTTPVersion
    package var fields: FieldList

    package init(
        status: Int, reason: String? = nil, version: HTTPVersion = .http11,
        fields: FieldList = FieldList()
    ) {
        self.status = status
        self.reason = reason ?? ReasonPhrase.of(status)
        self.version = version
        self.fields = fields
    }

    /// Whether a final answer follows this one (RFC 9110 section 15.2).
    package var isInterim: Bool { status >= 100 && status < 200 && status != 101 }
}

/// Which connection options a message names (RFC 9110 section 7.6.1, RFC 9112 section 9.3).
package enum Persistence {
    package static func keepsAlive(_ version: HTTPVersion, _ fields: FieldList) -> Bool {
        let options = fields.listElements("Connection")
        if options.contains(where: { Octet.equalIgnoringCase($0, "close") }) { return false }
        if version == .http11 { return true }
        return options.contains { Octet.equalIgnoringCase($0, "keep-alive") }
    }
}

/// The phrases that go after a status code.
package enum ReasonPhrase {
    private static let phrases: [Int: String] = [
        100: "Continue", 101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted",
        204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Found",
        303: "See Other", 304: "Not Modified", 307: "Temporary Redirect",
        308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
        404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
        410: "Gone", 411: "Length Required", 412: "Precondition Failed",
        413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
        416: "Range Not Satisfiable", 417: "Expectation Failed", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 500: "Internal Server Error",
        501: "Not Implemented", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
        507: "Insufficient Storage",
    ]

    package static func of(_ status: Int) -> String { phrases[status] ?? "Status" }
}
