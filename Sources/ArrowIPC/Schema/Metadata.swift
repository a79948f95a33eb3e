public import BridgeBytes

/// Custom metadata of a schema, a field, a message or a file: pairs in the order of the stream.
///
/// Keys may repeat. Keys and values are text as a rule, and the format says so, but some writers
/// put bytes there (pickles, thrift). They are kept and written again byte for byte; as text, what
/// is not UTF-8 comes as U+FFFD.
public struct Metadata: Sendable, Hashable {
    /// One pair.
    public struct Entry: Sendable, Hashable {
        /// The name as it stands in the stream.
        public var keyBytes: Bytes
        /// The value as it stands in the stream.
        public var valueBytes: Bytes

        /// A pair of a key and a value.
        public init(key: some BytesConvertible, value: some BytesConvertible) {
            keyBytes = key.bytes
            valueBytes = value.bytes
        }

        /// The name, such as `ARROW:extension:name`, with U+FFFD for what is no text.
        public var key: String { String(repairing: keyBytes) }
        /// The text under that name, with U+FFFD for what is no text.
        public var value: String { String(repairing: valueBytes) }
    }

    /// The pairs, in order.
    public var entries: [Entry]

    /// Metadata made of pairs.
    public init(_ entries: [Entry] = []) { self.entries = entries }

    /// Whether there is no pair.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of the first pair with that key.
    public subscript(key: String) -> String? { entry(key)?.value }

    /// The value of the first pair with that key, byte for byte.
    public func bytes(_ key: String) -> Bytes? { entry(key)?.valueBytes }

    private func entry(_ key: String) -> Entry? {
        let key = Bytes(utf8: key)
        return entries.first { $0.keyBytes == key }
    }
}

extension Metadata: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }
}

extension Metadata: CustomStringConvertible {
    /// The pairs as `key: value`, in order; what is no text as its size.
    public var description: String {
        "[\(entries.map(\.description).joined(separator: ", "))]"
    }
}

extension Metadata.Entry: CustomStringConvertible {
    /// `key: value`; what is no text as its size.
    public var description: String { "\(Self.text(keyBytes)): \(Self.text(valueBytes))" }

    private static func text(_ bytes: Bytes) -> String {
        String(validating: bytes) ?? "\(bytes.count) bytes"
    }
}

extension Metadata {
    /// The pairs in a slot of a verified table; nil when the slot is absent. The bytes are copied,
    /// so that they do not keep the whole input.
    init?(decoding table: FlatTable, slot: Int) {
        guard table.vector(slot) != nil else { return nil }
        entries = table.tables(slot).map {
            Entry(
                key: $0.string(0)?.copied() ?? Bytes(), value: $0.string(1)?.copied() ?? Bytes())
        }
    }
}
