internal import BridgeBytes

/// The containers of `RowEncoder`. The repetition is the protocols': each kind of number has its
/// own requirement, and a generic one would cost a dynamic cast for every value.
struct RowKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let encoder: RowEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    init(_ encoder: RowEncoder) { self.encoder = encoder }

    private func column(_ key: Key) throws(ArrowError) -> RowColumn {
        try encoder.record().column(key.stringValue)
    }

    private func put(_ value: ArrowScalar, _ type: DataType, _ key: Key) throws {
        try column(key).append(value, type)
    }

    /// Of an optional the type is known though the value is missing.
    private func put(_ value: ArrowScalar?, _ type: DataType, _ key: Key) throws {
        let column = try column(key)
        column.markNullable()
        if let value { try column.append(value, type) } else { try column.appendNull(of: type) }
    }

    mutating func encodeNil(forKey key: Key) throws { try column(key).appendNull() }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try column(key).append(value, codingPath: codingPath + [key])
    }

    mutating func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
        let column = try column(key)
        column.markNullable()
        if let value {
            try column.append(value, codingPath: codingPath + [key])
        } else {
            try column.appendNull()
        }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        nested(key).container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nested(key).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        encoder.nested(nil) { () throws(ArrowError) in try encoder.record().column("super") }
    }

    mutating func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

    private func nested(_ key: Key) -> RowEncoder {
        encoder.nested(key) { () throws(ArrowError) in try column(key) }
    }

    mutating func encode(_ value: Bool, forKey key: Key) throws {
        try put(.bool(value), .bool, key)
    }

    mutating func encode(_ value: String, forKey key: Key) throws {
        try put(.text(value), .utf8, key)
    }

    mutating func encode(_ value: Double, forKey key: Key) throws {
        try put(.float(value), .float64, key)
    }

    mutating func encode(_ value: Float, forKey key: Key) throws {
        try put(.float(Double(value)), .float32, key)
    }

    mutating func encode(_ value: Int, forKey key: Key) throws {
        try put(.integer(Int64(value)), .int64, key)
    }

    mutating func encode(_ value: Int8, forKey key: Key) throws {
        try put(.integer(Int64(value)), .int8, key)
    }

    mutating func encode(_ value: Int16, forKey key: Key) throws {
        try put(.integer(Int64(value)), .int16, key)
    }

    mutating func encode(_ value: Int32, forKey key: Key) throws {
        try put(.integer(Int64(value)), .int32, key)
    }

    mutating func encode(_ value: Int64, forKey key: Key) throws {
        try put(.integer(Int64(value)), .int64, key)
    }

    mutating func encode(_ value: UInt, forKey key: Key) throws {
        try put(.unsigned(UInt64(value)), .uint64, key)
    }

    mutating func encode(_ value: UInt8, forKey key: Key) throws {
        try put(.unsigned(UInt64(value)), .uint8, key)
    }

    mutating func encode(_ value: UInt16, forKey key: Key) throws {
        try put(.unsigned(UInt64(value)), .uint16, key)
    }

    mutating func encode(_ value: UInt32, forKey key: Key) throws {
        try put(.unsigned(UInt64(value)), .uint32, key)
    }

    mutating func encode(_ value: UInt64, forKey key: Key) throws {
        try put(.unsigned(UInt64(value)), .uint64, key)
    }

    mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws {
        try put(value.map { .bool($0) }, .bool, key)
    }

    mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws {
        try put(value.map { .text($0) }, .utf8, key)
    }

    mutating func encodeIfPresent(_ value: Double?, forKey key: Key) throws {
        try put(value.map { .float($0) }, .float64, key)
    }

    mutating func encodeIfPresent(_ value: Float?, forKey key: Key) throws {
        try put(value.map { .float(Double($0)) }, .float32, key)
    }

    mutating func encodeIfPresent(_ value: Int?, forKey key: Key) throws {
        try put(value.map { .integer(Int64($0)) }, .int64, key)
    }

    mutating func encodeIfPresent(_ value: Int8?, forKey key: Key) throws {
        try put(value.map { .integer(Int64($0)) }, .int8, key)
    }

    mutating func encodeIfPresent(_ value: Int16?, forKey key: Key) throws {
        try put(value.map { .integer(Int64($0)) }, .int16, key)
    }

    mutating func encodeIfPresent(_ value: Int32?, forKey key: Key) throws {
        try put(value.map { .integer(Int64($0)) }, .int32, key)
    }

    mutating func encodeIfPresent(_ value: Int64?, forKey key: Key) throws {
        try put(value.map { .integer(Int64($0)) }, .int64, key)
    }

    mutating func encodeIfPresent(_ value: UInt?, forKey key: Key) throws {
        try put(value.map { .unsigned(UInt64($0)) }, .uint64, key)
    }

    mutating func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws {
        try put(value.map { .unsigned(UInt64($0)) }, .uint8, key)
    }

    mutating func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws {
        try put(value.map { .unsigned(UInt64($0)) }, .uint16, key)
    }

    mutating func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws {
        try put(value.map { .unsigned(UInt64($0)) }, .uint32, key)
    }

    mutating func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws {
        try put(value.map { .unsigned(UInt64($0)) }, .uint64, key)
    }
}

struct RowListEncoding: UnkeyedEncodingContainer {
    private let encoder: RowEncoder
    private(set) var count = 0
    var codingPath: [any CodingKey] { encoder.codingPath }

    init(_ encoder: RowEncoder) { self.encoder = encoder }

    private mutating func put(_ value: ArrowScalar, _ type: DataType) throws {
        count += 1
        guard let items = try encoder.items() else { return try encoder.append(byte: value) }
        try items.append(value, type)
    }

    mutating func encodeNil() throws {
        count += 1
        guard let items = try encoder.items() else {
            throw encoder.column.fail("a null is no byte")
        }
        try items.appendNull()
    }

    mutating func encode<T: Encodable>(_ value: T) throws {
        count += 1
        guard let items = try encoder.items() else {
            throw encoder.column.fail("a value of type \(T.self) is no byte")
        }
        try items.append(value, codingPath: codingPath + [IndexKey(count - 1)])
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> { nested().container(keyedBy: keyType) }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        nested().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { nested() }

    private mutating func nested() -> RowEncoder {
        count += 1
        return encoder.nested(IndexKey(count - 1)) { () throws(ArrowError) in
            try encoder.items()
        }
    }

    mutating func encode(_ value: Bool) throws { try put(.bool(value), .bool) }

    mutating func encode(_ value: String) throws { try put(.text(value), .utf8) }

    mutating func encode(_ value: Double) throws { try put(.float(value), .float64) }

    mutating func encode(_ value: Float) throws { try put(.float(Double(value)), .float32) }

    mutating func encode(_ value: Int) throws { try put(.integer(Int64(value)), .int64) }

    mutating func encode(_ value: Int8) throws { try put(.integer(Int64(value)), .int8) }

    mutating func encode(_ value: Int16) throws { try put(.integer(Int64(value)), .int16) }

    mutating func encode(_ value: Int32) throws { try put(.integer(Int64(value)), .int32) }

    mutating func encode(_ value: Int64) throws { try put(.integer(Int64(value)), .int64) }

    mutating func encode(_ value: UInt) throws { try put(.unsigned(UInt64(value)), .uint64) }

    mutating func encode(_ value: UInt8) throws { try put(.unsigned(UInt64(value)), .uint8) }

    mutating func encode(_ value: UInt16) throws { try put(.unsigned(UInt64(value)), .uint16) }

    mutating func encode(_ value: UInt32) throws { try put(.unsigned(UInt64(value)), .uint32) }

    mutating func encode(_ value: UInt64) throws { try put(.unsigned(UInt64(value)), .uint64) }
}

struct RowValueEncoding: SingleValueEncodingContainer {
    private let encoder: RowEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    init(_ encoder: RowEncoder) { self.encoder = encoder }

    mutating func encodeNil() throws { try encoder.appendNull() }

    mutating func encode<T: Encodable>(_ value: T) throws { try encoder.append(value) }

    mutating func encode(_ value: Bool) throws { try encoder.append(.bool(value), .bool) }

    mutating func encode(_ value: String) throws { try encoder.append(.text(value), .utf8) }

    mutating func encode(_ value: Double) throws { try encoder.append(.float(value), .float64) }

    mutating func encode(_ value: Float) throws {
        try encoder.append(.float(Double(value)), .float32)
    }

    mutating func encode(_ value: Int) throws { try encoder.append(.integer(Int64(value)), .int64) }

    mutating func encode(_ value: Int8) throws { try encoder.append(.integer(Int64(value)), .int8) }

    mutating func encode(_ value: Int16) throws {
        try encoder.append(.integer(Int64(value)), .int16)
    }

    mutating func encode(_ value: Int32) throws {
        try encoder.append(.integer(Int64(value)), .int32)
    }

    mutating func encode(_ value: Int64) throws {
        try encoder.append(.integer(Int64(value)), .int64)
    }

    mutating func encode(_ value: UInt) throws {
        try encoder.append(.unsigned(UInt64(value)), .uint64)
    }

    mutating func encode(_ value: UInt8) throws {
        try encoder.append(.unsigned(UInt64(value)), .uint8)
    }

    mutating func encode(_ value: UInt16) throws {
        try encoder.append(.unsigned(UInt64(value)), .uint16)
    }

    mutating func encode(_ value: UInt32) throws {
        try encoder.append(.unsigned(UInt64(value)), .uint32)
    }

    mutating func encode(_ value: UInt64) throws {
        try encoder.append(.unsigned(UInt64(value)), .uint64)
    }
}
