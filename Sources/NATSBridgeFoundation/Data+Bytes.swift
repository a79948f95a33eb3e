public import ArrowIPC
public import BridgeBytes
public import BridgeEnvelope
package import BridgeJSON
public import FoundationEssentials
public import NATSBridge

extension Data {
    /// A copy of the bytes. Complexity: O(n).
    public init(_ bytes: Bytes) {
        self = unsafe bytes.withUnsafeBytes { unsafe Data($0) }
    }
}

extension Bytes {
    /// A copy of the data. Complexity: O(n).
    public init(_ data: Data) {
        self = unsafe data.withUnsafeBytes { raw in
            // Sound: the memory is alive during the call, and any memory may be read as bytes.
            let bytes = unsafe raw.bindMemory(to: UInt8.self)
            return unsafe Bytes(copying: bytes.span)
        }
    }
}

/// Data is a payload, as bytes and text are.
extension Data: BytesConvertible {
    /// A copy of the data. Foundation has a property of this name too; `Bytes(data)` says plainly
    /// which one is meant. Complexity: O(n).
    @_disfavoredOverload public var bytes: Bytes { Bytes(self) }
}

extension Data: PayloadConvertible {
    /// Bytes without a meaning that the bridge knows.
    public var payloadValue: PayloadValue { .bytes(Bytes(self)) }
}

extension ReceivedPayload {
    /// A copy of the serialized payload, whatever its type; empty when it could not be had, as
    /// `error` then says. Complexity: O(n).
    public var data: Data { Data(bytes) }
}

/// In rows, data is a column of `binary`.
extension Data: ArrowScalarConvertible {
    /// `binary`
    public static var arrowType: DataType { .binary }

    /// The bytes for columns of bytes; nil for others, so that columns of lists of `uint8`, which
    /// were written without this module, take data as well.
    public func arrowScalar(for type: DataType) -> ArrowScalar? {
        switch type {
        case .binary, .largeBinary: .bytes(Bytes(self))
        default: nil
        }
    }

    /// The bytes of a binary value; nil for any other scalar.
    public init?(arrowScalar: ArrowScalar) {
        guard case .bytes(let bytes) = arrowScalar else { return nil }
        self.init(bytes)
    }
}

extension Data: ArrowValue {
    /// A source of binary values, and of text as its UTF-8. Complexity: O(n).
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data.
    public static func arrowSource(of column: Column) throws(ArrowError) -> Column.Blobs {
        try Bytes.arrowSource(of: column)
    }

    /// A copy of the bytes at a position. Complexity: O(size).
    public static func arrowValue(from source: Column.Blobs, at position: Int) -> Data {
        Data(Bytes.arrowValue(from: source, at: position))
    }
}

/// In JSON, data is base64 text, as bytes are.
extension Data: JSONScalar {
    package func jsonValue() -> JSONValue? { Bytes(self).jsonValue() }

    package init?(jsonValue: JSONValue) {
        guard let bytes = Bytes(jsonValue: jsonValue) else { return nil }
        self.init(bytes)
    }

    package static var jsonForm: String { Bytes.jsonForm }
}
