package import BridgeBytes

/// What a WebSocket is opened with.
package struct WebSocketOpening: Sendable, Hashable {
    /// `host` or `host:port`, as the field Host has it.
    package let authority: String
    /// Path and query; begins with `/`.
    package let target: String
    /// The user's own fields, for proxies and for servers that take cookies.
    package let fields: FieldList
    /// 16 bytes that nobody can guess, in base64.
    let key: String

    /// Fields that are the protocol's own.
    private static let reserved = [
        "Host", "Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Trailer", "TE",
    ]

    /// - Parameter key: 16 bytes that nobody can guess.
    package init(authority: String, target: String, fields: FieldList, key: [UInt8]) {
        precondition(key.count == 16, "a key has 16 bytes")
        self.authority = authority
        self.target = target
        self.fields = fields
        self.key = String(repairing: Base64.encode(key.span))
    }

    /// Whether a user may set a field of this name.
    package static func allowsField(_ name: String) -> Bool {
        let isReserved = reserved.contains { Octet.equalIgnoringCase($0, name) }
        return !isReserved && !name.lowercased().hasPrefix("sec-websocket-")
    }

    /// Appends the request.
    package func write(into writer: inout ByteWriter) {
        var head = RequestHead(method: "GET", target: target)
        head.fields.append("Host", authority)
        head.fields.append("Upgrade", "websocket")
        head.fields.append("Connection", "Upgrade")
        head.fields.append("Sec-WebSocket-Key", key)
        head.fields.append("Sec-WebSocket-Version", "13")
        for field in fields { head.fields.append(checked: field.name, field.value) }
        HeadWriter.write(head, into: &writer)
    }

    /// What the peer answers to a key (RFC 6455, section 4.2.2).
    package static func acceptance(of key: String) -> String {
        let text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return String(repairing: Base64.encode(SHA1.digest(Array(text.utf8)).span))
    }

    /// Looks at the final answer.
    /// - Throws: `WebSocketError` when it is not the change of protocols that was asked for.
    package func check(_ answer: ResponseHead) throws(WebSocketError) {
        guard answer.status == 101 else { throw Self.refusal(answer) }
        let fields = answer.fields
        guard Self.is(fields.values(for: "Upgrade"), "websocket") else {
            throw Self.violation("the answer changes to another protocol than WebSocket")
        }
        let options = fields.listElements("Connection")
        guard options.contains(where: { Octet.equalIgnoringCase($0, "upgrade") }) else {
            throw Self.violation("the answer does not change the connection's protocol")
        }
        guard fields.values(for: "Sec-WebSocket-Accept") == [Self.acceptance(of: key)] else {
            throw Self.violation("the answer is not for this request: its Accept is wrong")
        }
        guard !fields.contains("Sec-WebSocket-Extensions") else {
            throw Self.violation("the answer has an extension that nobody asked for")
        }
        guard !fields.contains("Sec-WebSocket-Protocol") else {
            throw Self.violation("the answer has a subprotocol that nobody asked for")
        }
    }

    private static func `is`(_ values: [String], _ word: String) -> Bool {
        values.count == 1 && Octet.equalIgnoringCase(values[0], word)
    }

    private static func violation(_ detail: String) -> WebSocketError {
        WebSocketError(.protocolViolation, .opening, detail)
    }

    /// An answer of a server or a proxy that opens nothing. Where it leads to may hold a secret.
    private static func refusal(_ answer: ResponseHead) -> WebSocketError {
        let code: ErrorCode =
            switch answer.status {
            case 401, 403, 407: .authorizationFailed
            case 429, 500...: .unavailable
            default: .refused
            }
        let known = ReasonPhrase.of(answer.status)
        let words = known == "Status" ? "" : " \(known)"
        return WebSocketError(
            code, .opening, "the answer is \(answer.status)\(words), and opens no WebSocket")
    }
}
