public import ArrowIPC
internal import BridgeBytes
public import BridgeEnvelope
public import BridgeJSON
public import NATSWire

/// A message with its payloads as typed values, in the order in which they were sent.
public struct Received: Sendable {
    /// The subject that the message came on.
    public let subject: Subject
    /// The NATS headers, those of the header form included.
    public let headers: Headers
    /// Where the sender of a NATS request expects the answer; the envelope's `reply_to` is a
    /// field of its own.
    public let replySubject: Subject?
    /// The envelope, with the payloads as they were on the wire.
    public let envelope: Envelope
    /// The payloads, in order.
    public let payloads: [ReceivedPayload]
    /// Where a stream holds the message; nil for core NATS.
    public let position: StreamPosition?
    /// What the sequence passed over directly before this message, in its order: losses
    /// (`BridgeError.isLoss`) and messages that could not be used. Empty nearly always, and always
    /// in `results`, which has them as elements. Of more than `skippedLimit` the oldest go, losses
    /// last.
    public internal(set) var skipped: [BridgeError] = []

    /// Most errors in `skipped`.
    public static let skippedLimit = 64

    /// The flow that the message belongs to.
    public var correlationID: String { envelope.correlationID }

    /// The message's own id, the same in each copy of it.
    public var messageID: String { envelope.messageID }

    /// The trace that the sender put into the headers; nil when there is none.
    public var traceContext: TraceContext? { headers.traceContext }

    /// What is wrong with payloads, in their order; empty when each of them could be had.
    public var failures: [BridgeError] { payloads.compactMap(\.error) }

    /// Whether messages are missing, or may be, between the one before and this one.
    public var followsLoss: Bool { skipped.contains(where: \.isLoss) }

    /// Whether it has payloads and none of them could be had.
    public var isUnusable: Bool { !payloads.isEmpty && payloads.allSatisfy(\.isMissing) }

    /// The first payload of that name; nil when there is none.
    public subscript(name: String) -> ReceivedPayload? { payloads.first { $0.name == name } }
}

/// The first payload, which is the only one of a message that was sent as one value.
extension Received {
    /// The first payload; nil when there is none.
    public var payload: ReceivedPayload? { payloads.first }

    /// The text of the first payload, if that is one.
    public var text: String? { payload?.text }

    /// The JSON of the first payload, if that is a JSON value or a table in JSON.
    public var json: JSONValue? { payload?.json }

    /// The table of the first payload, if that is one in Arrow's format.
    public var table: ArrowIPC.Table? { payload?.table }

    /// The JSON of the first payload as a value of a type.
    /// - Throws: `BridgeError` with `invalidContent` when there is no payload, or as
    ///   `ReceivedPayload.decode(_:)`.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self
    ) throws(BridgeError) -> Value { try first().decode(type) }

    /// The rows of the first payload, a table, as values of a type.
    /// - Throws: `BridgeError` with `invalidContent` when there is no payload, or as
    ///   `ReceivedPayload.rows(_:)`.
    public func rows<Row: Decodable>(
        _ type: Row.Type = Row.self
    ) throws(BridgeError) -> [Row] { try first().rows(type) }

    private func first() throws(BridgeError) -> ReceivedPayload {
        if let payload { return payload }
        throw BridgeError(
            .invalidContent, stage: .deserialize, subject: subject.text,
            correlationID: envelope.correlationID, detail: "the message has no payload")
    }
}

extension Received: CustomStringConvertible {
    /// Subject, flow, and what each payload is; never the content.
    public var description: String {
        let place = position.map { " (\($0))" } ?? ""
        let flow = LogEvent.quoted(envelope.correlationID)
        return "\(subject)\(place) [\(flow)] "
            + payloads.map(\.description).joined(separator: "; ")
    }
}
