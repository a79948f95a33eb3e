package import BridgeBytes

/// Writes what a client sends, always in the canonical form, whole frames only.
package enum FrameWriter {
    /// Appends PUB, or HPUB when there are headers, with its payload.
    package static func publish(
        _ subject: Subject, replyTo: Subject? = nil, headers: Headers = Headers(),
        payload: Span<UInt8>, into writer: inout ByteWriter
    ) {
        publishHead(
            subject, replyTo: replyTo, headers: headers, payloadCount: payload.count, into: &writer)
        writer.append(payload)
        writer.append("\r\n")
    }

    /// Appends PUB, or HPUB when there are headers, with its payload.
    package static func publish(
        _ subject: Subject, replyTo: Subject? = nil, headers: Headers = Headers(),
        payload: Bytes, into writer: inout ByteWriter
    ) {
        publish(
            subject, replyTo: replyTo, headers: headers, payload: payload.span, into: &writer)
    }

    /// Appends all of PUB or HPUB that comes before the payload, for a payload that is sent
    /// from where it lies; the caller sends it and then CR LF.
    package static func publishHead(
        _ subject: Subject, replyTo: Subject? = nil, headers: Headers = Headers(),
        payloadCount: Int, into writer: inout ByteWriter
    ) {
        if headers.isEmpty { writer.append("PUB ") } else { writer.append("HPUB ") }
        writer.append(subject.bytes)
        if let replyTo { append(replyTo: replyTo.bytes.span, into: &writer) }
        writer.append(0x20)
        if headers.isEmpty {
            writer.append(decimal: payloadCount)
            writer.append("\r\n")
        } else {
            let headerCount = headers.encodedCount
            writer.append(decimal: headerCount)
            writer.append(0x20)
            writer.append(decimal: headerCount + payloadCount)
            writer.append("\r\n")
            headers.encode(into: &writer)
        }
    }

    /// Through a span: copying the optional subject out would cost two counted references.
    private static func append(replyTo subject: Span<UInt8>, into writer: inout ByteWriter) {
        writer.append(0x20)
        writer.append(subject)
    }

    /// Appends SUB.
    package static func subscribe(
        sid: Int, _ pattern: SubjectPattern, queueGroup: QueueGroup? = nil,
        into writer: inout ByteWriter
    ) {
        writer.append("SUB ")
        writer.append(pattern.bytes)
        if let queueGroup {
            writer.append(0x20)
            writer.append(queueGroup.bytes)
        }
        writer.append(0x20)
        writer.append(decimal: sid)
        writer.append("\r\n")
    }

    /// Appends UNSUB; with `max`, the server ends the subscription after it has delivered that
    /// many messages in all.
    package static func unsubscribe(sid: Int, max: Int? = nil, into writer: inout ByteWriter) {
        writer.append("UNSUB ")
        writer.append(decimal: sid)
        if let max {
            writer.append(0x20)
            writer.append(decimal: max)
        }
        writer.append("\r\n")
    }

    package static func ping(into writer: inout ByteWriter) { writer.append("PING\r\n") }

    package static func pong(into writer: inout ByteWriter) { writer.append("PONG\r\n") }
}
