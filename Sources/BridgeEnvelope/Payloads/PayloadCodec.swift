package import ArrowIPC
package import BridgeBytes
internal import BridgeJSON

/// Turns payload values into bytes and back. Tables are handled without a copy of a column:
/// outward they are lists of segments, inward views of the bytes.
package enum PayloadCodec {
    /// The value as bytes, in pieces to be written one after the other.
    /// - Throws: `invalidContent` when the value is not what its type says, or a table cannot be
    ///   written.
    package static func serialize(_ value: PayloadValue) throws(EnvelopeError) -> Segments {
        switch value {
        case .text(let text): return [Bytes(utf8: text)]
        case .json(let json): return [json.encoded()]
        case .jsonTable(let json):
            try checkRows(json)
            return [json.encoded()]
        case .table(let table):
            do throws(ArrowError) {
                return try table.ipcStreamSegments()
            } catch {
                throw EnvelopeError(arrow: error)
            }
        case .image(let bytes), .audio(let bytes), .video(let bytes), .bytes(let bytes):
            return [bytes]
        }
    }

    /// The value that serialized bytes stand for. `encoding` is a hint that no decision needs.
    /// `limits` bounds tables. In JSON, half a character is U+FFFD: the bytes themselves still say
    /// what the peer wrote.
    /// - Throws: `unknownPayloadType` with the name, `invalidContent` with the position in the
    ///   bytes.
    package static func deserialize(
        _ bytes: Bytes, typeName: String, encoding: String = "", limits: ArrowLimits = .default
    ) throws(EnvelopeError) -> PayloadValue {
        guard let type = PayloadType(wireName: typeName, content: bytes) else {
            throw EnvelopeError(
                .unknownPayloadType, stage: .payload,
                "payload type \"\(typeName.prefix(80))\" is not known; its bytes can be had raw")
        }
        switch type {
        case .text: return .text(try text(bytes))
        case .json: return .json(try json(bytes))
        case .jsonTable:
            let rows = try json(bytes)
            try checkRows(rows)
            return .jsonTable(rows)
        case .table: return .table(try table(bytes, limits))
        case .image: return .image(bytes)
        case .audio: return .audio(bytes)
        case .video: return .video(bytes)
        case .bytes: return .bytes(bytes)
        }
    }

    private static func text(_ bytes: Bytes) throws(EnvelopeError) -> String {
        guard let text = String(validating: bytes) else {
            throw EnvelopeError(
                .invalidContent, stage: .payload, offset: UTF8Check.firstInvalid(in: bytes.span),
                "a text that is not UTF-8")
        }
        return text
    }

    private static func json(_ bytes: Bytes) throws(EnvelopeError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: bytes, loneSurrogates: .replaced)
        } catch {
            var failure = EnvelopeError(
                .invalidContent, stage: .payload, offset: error.offset,
                "not JSON: \(error.words)")
            failure.underlying = error
            throw failure
        }
    }

    private static func table(
        _ bytes: Bytes, _ limits: ArrowLimits
    ) throws(EnvelopeError) -> ArrowIPC.Table {
        do throws(ArrowError) {
            return try ArrowIPC.Table(ipcStream: bytes, limits: limits)
        } catch {
            throw EnvelopeError(arrow: error)
        }
    }

    /// A table in JSON is an array whose elements are objects.
    private static func checkRows(_ json: JSONValue) throws(EnvelopeError) {
        guard case .array(let rows) = json else {
            throw EnvelopeError(
                .invalidContent, stage: .payload, "a table in JSON is an array of row objects")
        }
        for (index, row) in rows.enumerated() where row.objectValue == nil {
            throw EnvelopeError(
                .invalidContent, stage: .payload, field: "[\(index)]",
                "a table in JSON is an array of row objects, and this row is none")
        }
    }
}

extension EnvelopeError {
    /// What is wrong with a table.
    init(arrow error: ArrowError) {
        self.init(
            error.code == .limitExceeded ? .limitExceeded : .invalidContent, stage: .payload,
            offset: error.offset, field: error.field, error.message)
        underlying = error
    }
}
