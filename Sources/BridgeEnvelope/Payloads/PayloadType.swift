internal import BridgeBytes

/// The kinds of payload; the raw values are what `payload_type` says on the wire.
public enum PayloadType: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// UTF-8 text.
    case text
    /// Any JSON value.
    case json = "dictionary"
    /// A table as an Arrow IPC stream.
    case table = "arrowtable"
    /// A table as a JSON array of row objects.
    case jsonTable = "jsontable"
    /// An encoded picture.
    case image
    /// Sound.
    case audio
    /// Moving pictures.
    case video
    /// Bytes without a meaning that the bridge knows.
    case bytes = "binary"

    public var description: String { rawValue }
}

extension PayloadType {
    /// The type that a name on the wire means for certain content.
    ///
    /// Python peers say `table` for both kinds of table, and the first design said `table` and
    /// `json`: Arrow begins with its magic or with a continuation mark, JSON rows with a bracket.
    /// Nil for names that mean nothing here, and for `table` without content to tell by.
    init?(wireName: String, content: Bytes?) {
        if let type = PayloadType(rawValue: wireName) {
            self = type
            return
        }
        switch (wireName, content) {
        case ("json", _): self = .json
        case ("table", let content?): self = Self.looksLikeJSON(content) ? .jsonTable : .table
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
