public import BridgeBytes
public import BridgeJSON

/// One payload of an envelope, serialized.
public struct EnvelopePayload: Sendable, Hashable {
    /// What `data` holds.
    public enum Content: Sendable, Hashable {
        /// The serialized bytes, before base64.
        case direct(Bytes)
        /// The absolute URL of the serialized bytes.
        case link(String)

        /// Which of the two ways this is.
        public var transport: Transport {
            switch self {
            case .direct: .direct
            case .link: .link
            }
        }
    }

    /// Names the payload: a UUID v4 as a rule.
    public var id: String
    /// The sender's name for it.
    public var dataName: String
    /// The type as the wire says it, which may be one that is not known here.
    public var typeName: String
    /// The bytes, or where they are.
    public var content: Content
    /// The sender's hint about the encoding; nothing is decided by it.
    public var encoding: String
    /// The size that the sender states, in bytes; nil when it states none.
    public var statedSize: Int?
    /// Whatever the sender adds; kept whole. `IntegrityKey` names what this library adds.
    public var metadata: JSONObject

    /// A payload. `size` counts the serialized bytes; for a direct payload it follows from them.
    public init(
        id: String, dataName: String, typeName: String, content: Content,
        encoding: String? = nil, size: Int? = nil, metadata: JSONObject = [:]
    ) {
        self.id = id
        self.dataName = dataName
        self.typeName = typeName
        self.content = content
        self.encoding = encoding ?? content.transport.encoding
        switch content {
        case .direct(let bytes): statedSize = size ?? bytes.count
        case .link: statedSize = size
        }
        self.metadata = metadata
    }

    /// The type; nil for one that is not known here, and for the old name `table` as long as
    /// the content, which tells what it means, is at the end of a link.
    public var type: PayloadType? {
        switch content {
        case .direct(let bytes): PayloadType(wireName: typeName, content: bytes)
        case .link: PayloadType(wireName: typeName, content: nil)
        }
    }

    /// How it travels.
    public var transport: Transport { content.transport }

    /// Size of the serialized payload in bytes: counted when it is here, else as stated, or 0
    /// when it is neither.
    public var size: Int {
        switch content {
        case .direct(let bytes): bytes.count
        case .link: statedSize ?? 0
        }
    }
}

extension EnvelopePayload: CustomStringConvertible {
    /// Name, type, size and transport; neither the content nor the link.
    public var description: String { "\(dataName): \(typeName), \(size) bytes, \(transport)" }
}

/// Keys that this library writes into a payload's metadata. Peers ignore what they do not know.
public enum IntegrityKey {
    /// A named digest of the serialized bytes: `xxh64:<hex>` or `sha256:<hex>`.
    public static let checksum = "checksum"
    /// When the link ends, as the envelope writes times.
    public static let expiresAt = "expires_at"
    /// A coding of the bytes at the link, such as `gzip`.
    public static let contentEncoding = "content_encoding"
}
