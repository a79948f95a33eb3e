internal import BridgeBytes

/// A value that can be compared with others of its column.
enum ValueKey: Hashable {
    case integer(Int64)
    case unsigned(UInt64)
    case float(Double)
    /// Text and binary, which are ordered byte by byte.
    case bytes(Bytes)
    /// The integer of a decimal: the most significant byte first, and without a sign.
    case decimal([UInt8])

    /// Nil for values without an order, such as lists.
    init?(_ column: Column, _ position: Int) throws(ArrowError) {
        switch column.type {
        case .bool: self = .unsigned(try column.bits()[position] ? 1 : 0)
        case .int8: self = .integer(Int64(try column.number(Int8.self, at: position) ?? 0))
        case .int16: self = .integer(Int64(try column.number(Int16.self, at: position) ?? 0))
        case .uint8: self = .unsigned(UInt64(try column.number(UInt8.self, at: position) ?? 0))
        case .uint16: self = .unsigned(UInt64(try column.number(UInt16.self, at: position) ?? 0))
        case .uint32: self = .unsigned(UInt64(try column.number(UInt32.self, at: position) ?? 0))
        case .uint64: self = .unsigned(try column.number(UInt64.self, at: position) ?? 0)
        case .float16: self = .float(Double(try column.number(Float16.self, at: position) ?? 0))
        case .float32: self = .float(Double(try column.number(Float.self, at: position) ?? 0))
        case .float64: self = .float(try column.number(Double.self, at: position) ?? 0)
        case .utf8, .largeUTF8, .utf8View, .binary, .largeBinary, .binaryView, .fixedSizeBinary:
            self = .bytes(try column.bytes(at: position) ?? Bytes())
        case .decimal, .int128, .uint128:
            var bytes = [UInt8](try column.bytes(at: position) ?? Bytes())
            bytes.reverse()
            if !bytes.isEmpty, column.type != .uint128 { bytes[0] ^= 0x80 }
            self = .decimal(bytes)
        case let type where Int32.represents(type):
            self = .integer(Int64(try column.number(Int32.self, at: position) ?? 0))
        case let type where Int64.represents(type):
            self = .integer(try column.number(Int64.self, at: position) ?? 0)
        default: return nil
        }
    }

    var isNaN: Bool { if case .float(let value) = self { value.isNaN } else { false } }

    /// The same value without the memory of its batch.
    var detached: ValueKey {
        if case .bytes(let bytes) = self { .bytes(bytes.copied()) } else { self }
    }

    static func < (left: ValueKey, right: ValueKey) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.unsigned(let left), .unsigned(let right)): left < right
        case (.float(let left), .float(let right)): left < right
        case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
        case (.decimal(let left), .decimal(let right)): left.lexicographicallyPrecedes(right)
        default: false
        }
    }
}
