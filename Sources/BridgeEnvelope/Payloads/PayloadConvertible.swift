public import ArrowIPC
public import BridgeBytes
public import BridgeJSON

/// What can be sent as a payload as it is: text, bytes, JSON and tables. Each has the payload type
/// that its own type says; for another one, such as a picture's, write `.image(bytes)`.
public protocol PayloadConvertible: Sendable {
    /// The value that is sent.
    var payloadValue: PayloadValue { get }
}

extension PayloadValue: PayloadConvertible {
    /// Itself.
    public var payloadValue: PayloadValue { self }
}

extension String: PayloadConvertible {
    /// A text.
    public var payloadValue: PayloadValue { .text(self) }
}

extension Substring: PayloadConvertible {
    /// A text.
    public var payloadValue: PayloadValue { .text(String(self)) }
}

extension Bytes: PayloadConvertible {
    /// Bytes without a meaning that the bridge knows.
    public var payloadValue: PayloadValue { .bytes(self) }
}

extension [UInt8]: PayloadConvertible {
    /// Bytes without a meaning that the bridge knows.
    public var payloadValue: PayloadValue { .bytes(bytes) }
}

extension ArraySlice<UInt8>: PayloadConvertible {
    /// Bytes without a meaning that the bridge knows.
    public var payloadValue: PayloadValue { .bytes(bytes) }
}

extension JSONValue: PayloadConvertible {
    /// A JSON value.
    public var payloadValue: PayloadValue { .json(self) }
}

extension JSONObject: PayloadConvertible {
    /// A JSON value.
    public var payloadValue: PayloadValue { .json(.object(self)) }
}

extension ArrowIPC.Table: PayloadConvertible {
    /// A table as an Arrow IPC stream.
    public var payloadValue: PayloadValue { .table(self) }
}

/// A value whose payload type was chosen, as in `.image(bytes)`.
public struct TypedPayload: PayloadConvertible, CustomStringConvertible {
    /// The value with its type.
    public let payloadValue: PayloadValue

    package init(_ value: PayloadValue) { payloadValue = value }

    public var description: String { payloadValue.description }
}

/// How payloads are written where one is expected:
/// `["photo": .image(bytes), "readings": .table(rows: rows)]`.
extension PayloadConvertible where Self == TypedPayload {
    /// UTF-8 text.
    public static func text(_ text: some StringProtocol & Sendable) -> TypedPayload {
        TypedPayload(.text(String(text)))
    }

    /// Any JSON value.
    public static func json(_ value: JSONValue) -> TypedPayload { TypedPayload(.json(value)) }

    /// The JSON of a value.
    ///
    /// Literals are `JSONValue`s, whose members keep their order, and not dictionaries: hence the
    /// attribute.
    /// - Throws: `JSONError`, as `JSONValue.init(encoding:)`.
    @_disfavoredOverload
    public static func json(_ value: some Encodable) throws(JSONError) -> TypedPayload {
        TypedPayload(.json(try JSONValue(encoding: value)))
    }

    /// A table as an Arrow IPC stream.
    public static func table(_ table: ArrowIPC.Table) -> TypedPayload {
        TypedPayload(.table(table))
    }

    /// Rows as a table, an Arrow IPC stream with a column for each property.
    /// - Throws: `ArrowError` with `invalidRow` when the rows cannot be columns.
    public static func table<Rows: Sequence>(
        rows: Rows
    ) throws(ArrowError) -> TypedPayload where Rows.Element: Encodable {
        TypedPayload(.table(try ArrowIPC.Table(rows: rows)))
    }

    /// A JSON array of row objects. Sending anything else fails as `invalid_content`.
    public static func jsonTable(_ rows: JSONValue) -> TypedPayload {
        TypedPayload(.jsonTable(rows))
    }

    /// An encoded picture.
    public static func image(_ content: some BytesConvertible) -> TypedPayload {
        TypedPayload(.image(content.bytes))
    }

    /// Sound, encoded or raw samples.
    public static func audio(_ content: some BytesConvertible) -> TypedPayload {
        TypedPayload(.audio(content.bytes))
    }

    /// Moving pictures.
    public static func video(_ content: some BytesConvertible) -> TypedPayload {
        TypedPayload(.video(content.bytes))
    }

    /// Any bytes.
    public static func bytes(_ content: some BytesConvertible) -> TypedPayload {
        TypedPayload(.bytes(content.bytes))
    }
}
