internal import BridgeBytes
public import BridgeJSON
internal import NATSWire

/// The payload as what it means.
extension NATSMessage {
    /// The payload as text; nil when it is not UTF-8. Complexity: O(n).
    public var text: String? { String(validating: payload) }

    /// The payload, a JSON text, as a value of a type: `try message.decode(Order.self)`.
    /// - Throws: `JSONError` with the path to what does not fit the type (`typeMismatch`,
    ///   `missingKey`, `numberOutOfRange` and the like), or with the position where the payload is
    ///   no JSON (`unexpectedByte`, `truncated` and the like).
    /// - Complexity: O(n).
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(JSONError) -> T {
        try payload.decode(json: type)
    }
}

extension NATSMessage: CustomStringConvertible {
    /// Subject, size and the names of the headers; neither content nor values, which may be
    /// secret.
    public var description: String {
        var text = "NATSMessage(\(subject), \(payload.count) bytes"
        if let replyTo { text += ", reply to \(replyTo)" }
        if let status { text += ", status \(status.code)" }
        if hasHeaders {
            let names = (try? headers)?.map(\.name.text).joined(separator: ", ")
            text += ", headers: \(names ?? "malformed")"
        }
        return text + ")"
    }
}
