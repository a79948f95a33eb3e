public import ArrowIPC
internal import BridgeBytes
public import FoundationEssentials

/// In rows, a decimal number stands in columns of decimals, exactly or not at all, and in columns
/// of text as its digits.
extension FoundationEssentials.Decimal: ArrowScalarConvertible {
    /// `decimal128(38, 9)`: a schema names another scale.
    public static var arrowType: DataType { .decimal(.bits128, precision: 38, scale: 9) }

    /// The digits; nil for columns of other types.
    public func arrowScalar(for type: DataType) -> ArrowScalar? {
        switch type {
        case .decimal, .utf8, .largeUTF8, .utf8View: .text(description)
        default: nil
        }
    }

    /// The number that digits stand for; nil for what is none, and for more digits than a `Decimal`
    /// has.
    public init?(arrowScalar: ArrowScalar) {
        guard case .text(let digits) = arrowScalar, let value = Self(string: digits),
            digits.utf8.count(where: { (0x30...0x39).contains($0) }) <= 38
        else { return nil }
        self = value
    }
}

/// In rows, an identifier is text, and 16 bytes in columns of those, such as `ExtensionType.uuid`.
extension UUID: ArrowScalarConvertible {
    /// `utf8`
    public static var arrowType: DataType { .utf8 }

    /// The text or the bytes; nil for columns of other types.
    public func arrowScalar(for type: DataType) -> ArrowScalar? {
        switch type {
        case .utf8, .largeUTF8, .utf8View: return .text(uuidString)
        case .fixedSizeBinary(width: 16):
            let id = uuid
            return .bytes([
                id.0, id.1, id.2, id.3, id.4, id.5, id.6, id.7, id.8, id.9, id.10, id.11, id.12,
                id.13, id.14, id.15,
            ])
        default: return nil
        }
    }

    /// The identifier of a text or of 16 bytes; nil for anything else.
    public init?(arrowScalar: ArrowScalar) {
        switch arrowScalar {
        case .text(let text): self.init(uuidString: text)
        case .bytes(let bytes) where bytes.count == 16:
            let b = [UInt8](bytes)
            self.init(
                uuid: (
                    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                    b[13], b[14], b[15]
                ))
        default: return nil
        }
    }
}
