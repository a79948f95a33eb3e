/// A value whose type's own function of each kind of container is called, as hand-written
/// conformances to `Codable` do; what is synthesised calls the generic ones.
package protocol SpelledOut: Codable, Hashable, Sendable {
    static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws
    static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self
    static func put(_ value: Self, in single: inout any SingleValueEncodingContainer) throws
    static func take(from single: any SingleValueDecodingContainer) throws -> Self
}

/// A list, item by item.
package struct SpelledList<Item: SpelledOut>: Codable, Hashable, Sendable {
    package var items: [Item]

    package init(_ items: [Item]) { self.items = items }

    package init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        items = []
        while !list.isAtEnd { items.append(try Item.take(from: &list)) }
    }

    package func encode(to encoder: any Encoder) throws {
        var list: any UnkeyedEncodingContainer = encoder.unkeyedContainer()
        for item in items { try Item.put(item, in: &list) }
    }
}

/// A value alone.
package struct SpelledValue<Value: SpelledOut>: Codable, Hashable, Sendable {
    package var value: Value

    package init(_ value: Value) { self.value = value }

    package init(from decoder: any Decoder) throws {
        value = try Value.take(from: decoder.singleValueContainer())
    }

    package func encode(to encoder: any Encoder) throws {
        var single: any SingleValueEncodingContainer = encoder.singleValueContainer()
        try Value.put(value, in: &single)
    }
}

/// Fields of all types that `Codable` knows by name, any of which may be missing.
package struct SpelledFields: Codable, Hashable, Sendable {
    package var bool: Bool?
    package var string: String?
    package var double: Double?
    package var float: Float?
    package var int: Int?
    package var int8: Int8?
    package var int16: Int16?
    package var int32: Int32?
    package var int64: Int64?
    package var uint: UInt?
    package var uint8: UInt8?
    package var uint16: UInt16?
    package var uint32: UInt32?
    package var uint64: UInt64?

    package init() {}

    /// A value in each field.
    package static let full: SpelledFields = {
        var fields = SpelledFields()
        fields.bool = true
        fields.string = "text"
        (fields.double, fields.float) = (1.5, -0.25)
        fields.int = .min
        fields.int8 = .min
        fields.int16 = .min
        fields.int32 = .min
        fields.int64 = .min
        fields.uint = .max
        fields.uint8 = .max
        fields.uint16 = .max
        fields.uint32 = .max
        fields.uint64 = .max
        return fields
    }()
}

extension Bool: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension String: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension Double: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension Float: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension Int: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension Int8: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension Int16: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension Int32: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension Int64: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension UInt: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension UInt8: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension UInt16: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension UInt32: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}

extension UInt64: SpelledOut {
    package static func put(_ value: Self, in list: inout any UnkeyedEncodingContainer) throws {
        try list.encode(value)
    }
    package static func take(from list: inout any UnkeyedDecodingContainer) throws -> Self {
        try list.decode(Self.self)
    }
    package static func put(
        _ value: Self, in single: inout any SingleValueEncodingContainer
    ) throws {
        try single.encode(value)
    }
    package static func take(from single: any SingleValueDecodingContainer) throws -> Self {
        try single.decode(Self.self)
    }
}
