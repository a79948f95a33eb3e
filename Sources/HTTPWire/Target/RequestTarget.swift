internal import BridgeBytes

/// The target of a request, taken apart (RFC 9112 section 3.2).
package struct RequestTarget: Sendable, Hashable {
    /// The authority of an absolute-form target, which wins over the Host field.
    package let authority: String?
    /// The path as it was written, percent-encoded; `*` for a target that is an asterisk.
    package let path: String
    /// What followed the first `?`, without it.
    package let query: String?

    /// - Throws: `badTarget` for a target with a fragment or a backslash, and for one that is
    ///   none of the forms that an origin server takes.
    package init(parsing target: String) throws(HTTPWireError) {
        guard !target.utf8.contains(0x23), !target.utf8.contains(0x5C) else {
            throw HTTPWireError(
                .invalidTarget, .target, "a target holds neither a fragment nor a backslash")
        }
        if target == "*" {
            self.init(authority: nil, path: "*", query: nil)
        } else if target.utf8.first == 0x2F {
            self.init(authority: nil, pathAndQuery: target[...])
        } else {
            let url: HTTPURL
            do { url = try HTTPURL(target) } catch {
                throw HTTPWireError(
                    .invalidTarget, .target, at: error.offset,
                    "the target is neither a path nor a URL")
            }
            self.init(authority: url.hostField, pathAndQuery: url.target[...])
        }
    }

    private init(authority: String?, path: String, query: String?) {
        self.authority = authority
        self.path = path
        self.query = query
    }

    private init(authority: String?, pathAndQuery text: Substring) {
        let mark = text.firstIndex(of: "?")
        self.init(
            authority: authority, path: String(text[..<(mark ?? text.endIndex)]),
            query: mark.map { String(text[text.index(after: $0)...]) })
    }

    /// The segments of the path, each decoded once. A trailing slash gives a last empty segment.
    ///
    /// - Throws: `badPercentEncoding`; `badTarget` when a segment is empty (other than the last),
    ///   `.` or `..`, no UTF-8, or decodes to a slash, a backslash or a control character. What
    ///   is left is a plain name in any file system, though it is never used as one.
    package func segments() throws(HTTPWireError) -> [String] {
        let raw = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        var segments: [String] = []
        for (index, part) in raw.enumerated() {
            let bytes = try PercentCoding.decode(part)
            guard let text = String(validating: bytes, as: UTF8.self),
                text != ".", text != "..", !text.isEmpty || index == raw.count - 1,
                bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x5C })
            else {
                throw HTTPWireError(.invalidTarget, .target, "a path segment is not a plain name")
            }
            segments.append(text)
        }
        return segments
    }
}

/// The Host field (RFC 9110 section 7.2, RFC 9112 section 3.2).
package enum HostField {
    /// Checks that a request names exactly one well-formed host; HTTP/1.0 may name none.
    package static func check(_ head: RequestHead) throws(HTTPWireError) {
        let hosts = head.fields.values(for: "Host")
        if hosts.isEmpty, head.version == .http10 { return }
        guard hosts.count == 1 else {
            throw HTTPWireError(.invalidHost, .head, "a request has exactly one Host field")
        }
        // An empty value is right for a target without an authority.
        guard hosts[0].isEmpty || Authority(hosts[0]) != nil else {
            throw HTTPWireError(.invalidHost, .head, "the Host field is no host and port")
        }
    }
}
