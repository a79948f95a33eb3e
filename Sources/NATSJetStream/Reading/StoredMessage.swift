public import BridgeBytes
public import BridgeJSON
internal import NATSCore
public import NATSWire

/// A message as a stream holds it, read without a consumer.
public struct StoredMessage: Sendable, CustomStringConvertible {
    /// The stream that holds it; for a mirror that answered, that one.
    public let stream: String
    /// The subject that it was published to.
    public let subject: Subject
    /// Its number in the stream.
    public let sequence: UInt64
    /// When the stream stored it, by the server's clock.
    public let time: Timestamp
    /// The headers that it was published with.
    public let headers: Headers
    /// Its payload.
    public let payload: Bytes
    /// Messages behind it that the question fits, too, as a direct read of server 2.11 tells.
    package let pending: UInt64?

    /// The payload as text; nil when it is not UTF-8. Complexity: O(n).
    public var text: String? { String(validating: payload) }

    /// The payload, a JSON text, as a value of a type.
    /// - Throws: As `NATSMessage.decode(_:)`.
    /// - Complexity: O(n).
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(JSONError) -> T {
        try JSONValue(parsing: payload).decode(type)
    }

    /// Subject, size and place in the stream; neither content nor values of headers.
    public var description: String {
        "StoredMessage(\(subject), \(payload.count) bytes, number \(sequence) of stream \(stream))"
    }
}

extension StoredMessage {
    /// Reads the answer of the API, which holds headers and payload in base64.
    init(_ answer: JSONFields, stream: String) throws(JetStreamError) {
        guard let fields = try answer.fields("message"),
            let subject = try fields.text("subject"), let time = try fields.timestamp("time")
        else { throw answer.missing("the message, its subject or its time") }
        self.stream = stream
        self.subject = Subject(received: Bytes(utf8: subject))
        self.time = time
        sequence = try fields.count("seq")
        guard sequence > 0 else { throw answer.missing("the message's number") }
        pending = nil
        payload = try Self.bytes("data", fields)
        let block = try Self.bytes("hdrs", fields)
        do throws(WireError) {
            headers = block.isEmpty ? Headers() : try HeaderBlock(parsing: block).headers
        } catch {
            throw JetStreamError(
                error.code, operation: fields.operation, stream: stream,
                detail: "the stored message's headers: \(error.detail)")
        }
    }

    private static func bytes(_ name: String, _ fields: JSONFields) throws(JetStreamError) -> Bytes
    {
        guard let text = try fields.text(name) else { return Bytes() }
        do throws(CodecError) {
            return try Base64.decode(Bytes(utf8: text).span)
        } catch {
            throw unreadable(fields.operation, "", "field \(name) is not base64")
        }
    }

    private static func unreadable(
        _ operation: String, _ stream: String, _ detail: String
    ) -> JetStreamError {
        JetStreamError(.unexpectedAnswer, operation: operation, stream: stream, detail: detail)
    }

    /// Reads the answer to a direct read: the message itself, with its place in headers.
    init(direct message: NATSMessage, stream: String) throws(JetStreamError) {
        let headers: Headers
        do throws(WireError) { headers = try message.headers } catch {
            throw JetStreamError(
                error.code, operation: "message get", stream: stream,
                detail: "the stored message's headers: \(error.detail)")
        }
        guard let subject = headers.first(.directSubject),
            let sequence = headers.number(.directSequence), sequence > 0,
            let time = headers[.directTime].flatMap({ Timestamp($0) })
        else {
            throw Self.unreadable(
                "message get", stream, "a message without its subject, number or time")
        }
        self.stream = headers[.directStream] ?? stream
        self.subject = Subject(received: subject.bytes)
        self.sequence = sequence
        self.time = time
        pending = headers.number(.directPending)
        var own = headers
        for name in HeaderName.ofDirectReads { own.remove(name) }
        self.headers = own
        payload = message.payload
    }
}

extension HeaderName {
    static let directStream: HeaderName = "Nats-Stream"
    static let directSubject: HeaderName = "Nats-Subject"
    static let directSequence: HeaderName = "Nats-Sequence"
    static let directTime: HeaderName = "Nats-Time-Stamp"
    static let directPending: HeaderName = "Nats-Num-Pending"
    static let directLast: HeaderName = "Nats-Last-Sequence"
    static let directUpTo: HeaderName = "Nats-UpTo-Sequence"

    /// What the server adds to a message that is read directly.
    static let ofDirectReads: [HeaderName] = [
        directStream, directSubject, directSequence, directTime, directPending, directLast,
        directUpTo,
    ]
}

extension Headers {
    /// A header that is a number from 0 on; nil for everything else.
    func number(_ name: HeaderName) -> UInt64? {
        first(name).flatMap { Decimal.parse($0.bytes.span) }.map { UInt64($0) }
    }
}
