public import BridgeJSON

/// One payload to be sent: a name, a typed value, and metadata of the caller's own.
public struct Payload: Sendable {
    /// The caller's name for it, given to the receiver unchanged.
    public var name: String
    /// The value; its type is the payload's.
    public var value: PayloadValue
    /// Goes into the payload's `metadata` beside the integrity keys.
    public var metadata: JSONObject

    /// The name of a payload that is sent without one.
    public static let defaultName = "payload"

    /// A payload, with or without metadata.
    public init(
        _ name: String, _ value: some PayloadConvertible, metadata: JSONObject = JSONObject()
    ) {
        self.name = name
        self.value = value.payloadValue
        self.metadata = metadata
    }
}

extension Payload: CustomStringConvertible {
    /// Name, kind and size; never the content.
    public var description: String { "\(name): \(value)" }
}

/// The payloads of one message, in order: `["note": "done", "table": table, "photo": .image(png)]`,
/// or an array of `Payload` where they have metadata. Names may repeat.
public struct Payloads: Sendable {
    private var elements: [Payload]

    /// No payloads; such a message says something by its envelope alone.
    public init() { elements = [] }

    /// Payloads in the order of a sequence.
    public init(_ payloads: some Sequence<Payload>) { elements = Array(payloads) }

    /// One payload without a name of its own: it is called `Payload.defaultName`.
    public init(_ value: some PayloadConvertible) {
        elements = [Payload(Payload.defaultName, value)]
    }

    /// Adds a payload at the end.
    public mutating func append(_ payload: Payload) { elements.append(payload) }

    /// The first payload of that name; nil when there is none.
    public subscript(name: String) -> Payload? { elements.first { $0.name == name } }
}

extension Payloads: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { elements.count }
    /// A payload by its place. Traps when there is none.
    public subscript(position: Int) -> Payload { elements[position] }
}

extension Payloads: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    /// Names and values, in the order in which they are written.
    public init(dictionaryLiteral elements: (String, any PayloadConvertible)...) {
        self.elements = elements.map { name, value in Payload(name, value.payloadValue) }
    }

    public init(arrayLiteral elements: Payload...) { self.elements = elements }
}

extension Payloads: CustomStringConvertible {
    /// Names, kinds and sizes; never the content.
    public var description: String {
        "[" + map(\.description).joined(separator: "; ") + "]"
    }
}
