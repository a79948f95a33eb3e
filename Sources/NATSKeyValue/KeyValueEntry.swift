public import BridgeBytes
public import BridgeJSON
internal import NATSCore
internal import NATSJetStream
public import NATSWire

/// A value of a key at some revision, or the mark of its removal.
public struct KeyValueEntry: Sendable, CustomStringConvertible {
    /// What happened to the key.
    public enum Operation: Sendable, Hashable {
        /// It got a value.
        case put
        /// It was removed; its history stays.
        case delete
        /// It was removed with its history, or has expired.
        case purge
    }

    /// The bucket.
    public let bucket: String
    /// The key.
    public let key: String
    /// The value; empty for a mark.
    public let value: Bytes
    /// The number of this change in the bucket.
    public let revision: UInt64
    /// When it was stored, by the server's clock.
    public let created: Timestamp
    /// What happened to the key.
    public let operation: Operation
    /// Size of the value in bytes, also when only headers were asked for.
    public let size: Int
    /// Changes that follow this one for whoever reads; nil for a single read.
    public let pending: UInt64?
    /// Headers of the writer's own; none of this layer's.
    public let headers: Headers
    /// Why the headers of what is stored cannot be read; nil: they can. Nobody knows then whether
    /// it is a value or a mark; it is given as a value.
    public private(set) var headersError: WireError?

    /// The value as text; nil when it is not UTF-8. Complexity: O(n).
    public var text: String? { String(validating: value) }

    /// The value, a JSON text, as a value of a type.
    /// - Throws: As `NATSMessage.decode(_:)`.
    /// - Complexity: O(n).
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(JSONError) -> T {
        try JSONValue(parsing: value).decode(type)
    }

    /// Key, revision and size; not the value.
    public var description: String {
        let what = operation == .put ? "\(size) bytes" : "\(operation)"
        return "KeyValueEntry(\(key) of bucket \(bucket), revision \(revision), \(what))"
    }
}

extension KeyValueEntry {
    static let operationName: HeaderName = "KV-Operation"
    static let deleteWord: HeaderValue = "DEL"
    static let purgeWord: HeaderValue = "PURGE"
    private static let markerReasonName: HeaderName = "Nats-Marker-Reason"
    private static let removedReason: HeaderValue = "Remove"
    private static let sizeName: HeaderName = "Nats-Msg-Size"

    /// Headers that writes are asked with, which the server keeps with the value.
    private static let ofWrites: [HeaderName] = [
        operationName, markerReasonName, sizeName, "Nats-Expected-Last-Subject-Sequence",
        "Nats-Expected-Last-Subject-Sequence-Subject", "Nats-TTL", "Nats-Rollup", "Nats-Msg-Id",
        "Nats-Expected-Stream", "Nats-Expected-Last-Sequence", "Nats-Expected-Last-Msg-Id",
        "Nats-Stream-Source",
    ]

    init(_ message: StoredMessage, bucket: String, key: String) {
        self.init(
            bucket: bucket, key: key, payload: message.payload, headers: message.headers,
            revision: message.sequence, created: message.time, pending: nil)
    }

    init(_ message: JetStreamMessage, bucket: String, key: String) {
        let metadata = message.metadata
        var headers = Headers()
        var fault: WireError?
        do throws(WireError) { headers = try message.headers } catch { fault = error }
        self.init(
            bucket: bucket, key: key, payload: message.payload, headers: headers,
            revision: metadata.streamSequence, created: metadata.timestamp,
            pending: metadata.pending)
        headersError = fault
    }

    private init(
        bucket: String, key: String, payload: Bytes, headers: Headers, revision: UInt64,
        created: Timestamp, pending: UInt64?
    ) {
        self.bucket = bucket
        self.key = key
        self.revision = revision
        self.created = created
        self.pending = pending
        value = payload
        guard !headers.isEmpty else {
            (operation, size, self.headers) = (.put, payload.count, headers)
            return
        }
        operation = Self.operation(headers)
        let told = headers.first(Self.sizeName).flatMap { Decimal.parse($0.bytes.span) }
        size = told ?? payload.count
        var own = headers
        for name in Self.ofWrites { own.remove(name) }
        self.headers = own
    }

    /// A mark says what it is; one that is not known here is a removal, and never a value.
    private static func operation(_ headers: Headers) -> Operation {
        switch headers.first(operationName) {
        case deleteWord: return .delete
        case purgeWord: return .purge
        default: break
        }
        guard let reason = headers.first(markerReasonName) else { return .put }
        return reason == removedReason ? .delete : .purge
    }
}
