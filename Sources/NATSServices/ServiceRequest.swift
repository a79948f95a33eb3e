public import BridgeBytes
public import BridgeJSON
public import NATSCore
public import NATSWire

/// A request to an endpoint.
public struct ServiceRequest: Sendable {
    /// The message as it was received.
    public let message: NATSMessage
    private let client: NATSClient

    init(_ message: NATSMessage, client: NATSClient) {
        self.message = message
        self.client = client
    }

    /// The subject that was asked.
    public var subject: Subject { message.subject }
    /// The payload, without a copy.
    public var payload: Bytes { message.payload }
    /// The payload as text; nil when it is not UTF-8. Complexity: O(n).
    public var text: String? { message.text }
    /// The headers, parsed when they are asked for.
    /// - Throws: As `NATSMessage.headers`.
    public var headers: Headers { get throws(WireError) { try message.headers } }

    /// The payload, a JSON text, as a value of a type.
    /// - Throws: As `NATSMessage.decode(_:)`.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(JSONError) -> T {
        try message.decode(type)
    }

    /// Sends an answer before the handler returns one, for those that send many; the last one may
    /// be `ServiceReply.answered` then.
    /// - Throws: `NATSError` with `unusableReply` when the request names no subject for answers, or
    ///   as `NATSClient.publish`.
    public func respond(_ reply: ServiceReply) throws(NATSError) {
        guard let content = reply.content else { return }
        try client.respond(to: message, with: content.payload, headers: content.headers)
    }
}

/// What an endpoint answers.
public struct ServiceReply: Sendable {
    let content: (payload: Bytes, headers: Headers)?

    private init(_ content: (Bytes, Headers)?) { self.content = content }

    /// Text or bytes, with headers.
    public init(_ payload: some BytesConvertible, headers: Headers = Headers()) {
        self.init((payload.bytes, headers))
    }

    /// The JSON of a value, with headers.
    /// - Throws: As `JSONValue.init(encoding:)`, when JSON cannot write the value.
    public init(json value: some Encodable, headers: Headers = Headers()) throws(JSONError) {
        self.init((try Bytes(json: value), headers))
    }

    /// Nothing more: the handler has sent its answers itself, or there is none.
    public static let answered = ServiceReply(nil)
}
