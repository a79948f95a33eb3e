public import BridgeBytes
public import BridgeEnvelope

/// What a send came to.
public struct SentEnvelope: Sendable {
    /// The envelope as published.
    public let envelope: Envelope
    /// The body of the NATS message: the envelope's JSON text, or the raw payload in the header
    /// form.
    public let body: Bytes
    /// Bytes of NATS headers and body together, as the server's `max_payload` counts them.
    public let wireBytes: Int
    /// The stream's name and sequence number, when it went through JetStream.
    public let stored: StoredMessage?
    /// How often it was published: more than once where it was not known whether it had arrived.
    /// Receivers tell the copies by their `msg_id`.
    public let attempts: Int

    /// Where JetStream put a message.
    public struct StoredMessage: Sendable, Hashable {
        /// Name of the stream.
        public let stream: String
        /// Sequence number in the stream.
        public let sequence: UInt64
        /// The stream had a message with this id already, and kept that one.
        public let isDuplicate: Bool
    }
}

extension SentEnvelope: CustomStringConvertible {
    /// The envelope without its content, and what it came to.
    public var description: String {
        let place = stored.map { ", \($0.stream) #\($0.sequence)" } ?? ""
        return "\(envelope) (\(wireBytes) bytes, attempts: \(attempts)\(place))"
    }
}

/// How one payload would travel; see `Bridge.plan`.
public struct PlannedPayload: Sendable, Hashable {
    /// The payload's name.
    public let name: String
    /// The payload's type.
    public let type: PayloadType
    /// Bytes after serialization.
    public let size: Int
    /// Bytes that it would take inside a message: base64.
    public let encodedSize: Int
    /// Which way it goes.
    public let transport: Transport
    /// The server's `max_payload`, which all payloads of a message share.
    public let limit: Int
}

extension PlannedPayload: CustomStringConvertible {
    /// Name, type, size and transport.
    public var description: String { "\(name): \(type), \(size) bytes, \(transport)" }
}
