package import BridgeBytes
internal import BridgeJSON
internal import NATSWire

/// What is held of the NATS parsers for any input, one function for each fuzz target. Each
/// returns what is wrong, or nil. They run under libFuzzer, and in the ordinary tests over the
/// inputs under Fixtures/fuzz.
package enum NATSFuzz {
    /// A header block: what was parsed is written and parsed again, and is the same.
    package static func headerBlock(_ input: Bytes) -> String? {
        guard let block = try? HeaderBlock(parsing: input) else {
            // The status alone may be readable all the same.
            _ = HeaderBlock.status(of: input.span)
            return nil
        }
        guard HeaderBlock.status(of: input.span) == block.status else {
            return "the status alone differs from that of the block"
        }
        var writer = ByteWriter(capacity: input.count + 64)
        block.headers.encode(into: &writer)
        let written = writer.finish()
        if block.headers.isEmpty {
            return written.isEmpty ? nil : "no headers were written as something"
        }
        guard written.count == block.headers.encodedCount else { return "a wrong encoded size" }
        guard let again = try? HeaderBlock(parsing: written) else {
            return "what was written is not read"
        }
        return again.headers == block.headers ? nil : "what was written reads differently"
    }

    /// INFO: numbers are in range, and the same text gives the same value.
    package static func serverInfo(_ input: Bytes) -> String? {
        guard let info = try? ServerInfo(parsing: input) else { return nil }
        guard info.maxPayload >= 0, info.port >= 0 else { return "a negative number" }
        for url in info.connectURLs { _ = try? ServerURL(url) }
        return (try? ServerInfo(parsing: input)) == info ? nil : "the second reading differs"
    }

    /// An address: what it says of itself is read as the same server, without credentials.
    package static func serverURL(_ input: Bytes) -> String? {
        guard let url = try? ServerURL(String(repairing: input)) else { return nil }
        guard let again = try? ServerURL(url.description) else {
            return "\(url) is not read again"
        }
        guard again.isSameServer(as: url), again.scheme == url.scheme else {
            return "\(url) is read as \(again)"
        }
        return again.credentials == .none ? nil : "the description has credentials"
    }

    /// Subjects, patterns, queue groups, header names and values: whatever is accepted fits into
    /// its frame, and is found there unchanged.
    package static func subject(_ input: Bytes) -> String? {
        let text = String(repairing: input)
        if let problem = subjects(text) { return problem }
        guard let name = try? HeaderName(text) else { return headerValue(text) }
        var headers = Headers()
        headers.append(name, "v")
        return written(headers) == headers ? nil : "a header name is not found again"
    }

    private static func subjects(_ text: String) -> String? {
        let pattern = try? SubjectPattern(text)
        if let subject = try? Subject(text) {
            guard let pattern, pattern.matches(subject) else {
                return "a subject is no pattern of itself"
            }
            var writer = ByteWriter(capacity: 64)
            FrameWriter.publish(subject, replyTo: subject, payload: Bytes(), into: &writer)
            let bytes = writer.finish()
            var parser = ClientFrameParser()
            guard case .frame(.publish(let frame), bytes.count)? = try? parser.next(bytes.span),
                bytes[frame.subject] == Bytes(utf8: text),
                frame.replyTo.map({ bytes[$0] }) == Bytes(utf8: text)
            else { return "a subject is not found again in PUB" }
        }
        guard let pattern else { return nil }
        let group = try? QueueGroup(text)
        var writer = ByteWriter(capacity: 64)
        FrameWriter.subscribe(sid: 1, pattern, queueGroup: group, into: &writer)
        let bytes = writer.finish()
        var parser = ClientFrameParser()
        guard case .frame(.subscribe(let frame), bytes.count)? = try? parser.next(bytes.span),
            bytes[frame.pattern] == Bytes(utf8: text),
            group == nil || frame.queueGroup.map({ bytes[$0] }) == Bytes(utf8: text)
        else { return "a pattern is not found again in SUB" }
        return nil
    }

    private static func headerValue(_ text: String) -> String? {
        guard let value = try? HeaderValue(text) else { return nil }
        let name: HeaderName = "N"
        var headers = Headers()
        headers.append(name, value)
        guard let read = written(headers)?.first(name) else {
            return "a header value is not found again"
        }
        // Blanks at the ends do not survive, as documented; nothing else is lost. Bytes are
        // compared, since a text may begin with a mark that belongs to the blank before it.
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let rest = Array(value.bytes).drop(while: isBlank)
        let end = rest.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? rest.startIndex
        return Array(rest[..<end]) == Array(read.bytes) ? nil : "a header value changed"
    }

    /// The headers as a reader of their block sees them.
    private static func written(_ headers: Headers) -> Headers? {
        var writer = ByteWriter(capacity: 64)
        headers.encode(into: &writer)
        return (try? HeaderBlock(parsing: writer.finish()))?.headers
    }
}
