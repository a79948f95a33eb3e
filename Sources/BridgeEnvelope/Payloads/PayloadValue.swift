public import ArrowIPC
public import BridgeBytes
public import BridgeJSON

/// A payload as a value, as it is taken out of a message.
public enum PayloadValue: Sendable {
    /// UTF-8 text.
    case text(String)
    /// Any JSON value, an object or an array as a rule.
    case json(JSONValue)
    /// A table whose columns are views of the bytes that it came in.
    case table(ArrowIPC.Table)
    /// An array of row objects.
    case jsonTable(JSONValue)
    /// An encoded picture, such as a PNG file.
    case image(Bytes)
    /// Sound, encoded or raw samples.
    case audio(Bytes)
    /// Moving pictures.
    case video(Bytes)
    /// Any bytes.
    case bytes(Bytes)

    /// Which kind of payload this is.
    public var type: PayloadType {
        switch self {
        case .text: .text
        case .json: .json
        case .table: .table
        case .jsonTable: .jsonTable
        case .image: .image
        case .audio: .audio
        case .video: .video
        case .bytes: .bytes
        }
    }
}

extension PayloadValue: CustomStringConvertible {
    /// The kind and the size, such as `table, 3 rows of 2 columns`; never the content.
    public var description: String {
        switch self {
        case .text(let text): "text, \(text.utf8.count) bytes"
        case .json(let json): "json, \(Self.extent(json))"
        case .jsonTable(let rows): "jsontable, \(Self.extent(rows))"
        case .table(let table):
            "table, \(table.count) rows of \(table.schema.fields.count) columns"
        case .image(let bytes), .audio(let bytes), .video(let bytes), .bytes(let bytes):
            "\(type), \(bytes.count) bytes"
        }
    }

    private static func extent(_ json: JSONValue) -> String {
        switch json {
        case .object(let object): "\(object.count) members"
        case .array(let elements): "\(elements.count) elements"
        default: "one value"
        }
    }
}
