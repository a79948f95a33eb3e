public import ArrowIPC
public import BridgeBytes
public import BridgeJSON

/// The kinds of payload; the raw values are what `payload_type` says on the wire.
public enum PayloadType: String, Sendable, Hashable, CaseIterable {
    /// UTF-8 text.
    case text
    /// Any JSON value.
    case dictionary
    /// A table as an Arrow IPC stream.
    case arrowTable = "arrowtable"
    /// A table as a JSON array of row objects.
    case jsonTable = "jsontable"
    /// An encoded picture.
    case image
    /// Sound.
    case audio
    /// Moving pictures.
    case video
    /// Bytes without a meaning that the bridge knows.
    case binary
}

/// A payload as a value.
public enum PayloadValue: Sendable {
    /// UTF-8 text.
    case text(String)
    /// Any JSON value, an object or an array as a rule.
    case dictionary(JSONValue)
    /// A table whose columns are views of the bytes that it came in.
    case arrowTable(ArrowIPC.Table)
    /// An array of row objects.
    case jsonTable(JSONValue)
    /// An encoded picture, such as a PNG file.
    case image(Bytes)
    /// Sound, encoded or raw samples.
    case audio(Bytes)
    /// Moving pictures.
    case video(Bytes)
    /// Any bytes.
    case binary(Bytes)

    /// Which kind of payload this is.
    public var type: PayloadType {
        switch self {
        case .text: .text
        case .dictionary: .dictionary
        case .arrowTable: .arrowTable
        case .jsonTable: .jsonTable
        case .image: .image
        case .audio: .audio
        case .video: .video
        case .binary: .binary
        }
    }
}

extension PayloadType {
    /// The type that a name on the wire means for certain content.
    ///
    /// Python peers say `table` for both kinds of table, and the first design said `table` and
    /// `json`: Arrow begins with its magic or with a continuation mark, JSON rows with a bracket.
    /// Nil for names that mean nothing here, and for `table` without content to tell by.
    package init?(wireName: String, content: Bytes?) {
        if let type = PayloadType(rawValue: wireName) {
            self = type
            return
        }
        switch (wireName, content) {
        case ("json", _): self = .dictionary
        case ("table", let content?): self = Self.looksLikeJSON(content) ? .jsonTable : .arrowTable
        default: return nil
        }
    }

    /// Whether content of this name may come as plain JSON text in place of base64.
    package static func mayBePlainJSON(wireName: String) -> Bool {
        ["dictionary", "jsontable", "table", "json"].contains(wireName)
    }

    private static func looksLikeJSON(_ content: Bytes) -> Bool {
        for byte in content {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            default: return byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{")
            }
        }
        return false
    }
}
