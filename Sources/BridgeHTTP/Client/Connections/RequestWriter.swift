package import BridgeBytes
internal import HTTPWire

/// The head of a request as it goes out.
package enum RequestWriter {
    /// Host comes first (RFC 9110, section 7.2), then the caller's fields, then what is missing.
    /// - Parameter proxy: Who is to pass it on, by its absolute form (RFC 9112, section 3.2.2).
    package static func head(
        _ request: HTTPRequest, body: HTTPBody, userAgent: String, proxy: HTTPProxy? = nil
    ) -> (bytes: Bytes, isChunked: Bool) {
        var fields = FieldList()
        fields.append("Host", request.url.hostField)
        for field in request.fields where !isOurs(field.name) {
            fields.append(checked: field.name, field.value)
        }
        if !fields.contains("User-Agent") { fields.append("User-Agent", userAgent) }
        if !fields.contains("Accept-Encoding") { fields.append("Accept-Encoding", "identity") }
        var isChunked = false
        switch body.kind {
        case .none:
            // A method that usually has a body says that there is none (RFC 9110, section 8.6).
            if request.method == "POST" || request.method == "PUT" {
                fields.append("Content-Length", "0")
            }
        case .segments(let segments):
            fields.append("Content-Length", String(segments.byteCount))
        case .stream(let length?, _):
            fields.append("Content-Length", String(length))
        case .stream(nil, _):
            fields.append("Transfer-Encoding", "chunked")
            isChunked = true
        }
        if let authorization = proxy?.authorization {
            fields.append(checked: "Proxy-Authorization", authorization)
        }
        var writer = ByteWriter(capacity: 512)
        let target = proxy == nil ? request.url.target : request.url.text
        let head = RequestHead(method: request.method, target: target, fields: fields)
        HeadWriter.write(head, into: &writer)
        return (writer.finish(), isChunked)
    }

    /// Fields that frame the message: the client alone decides them.
    private static func isOurs(_ name: String) -> Bool {
        ["host", "content-length", "transfer-encoding", "connection", "proxy-authorization"]
            .contains(name.lowercased())
    }
}
