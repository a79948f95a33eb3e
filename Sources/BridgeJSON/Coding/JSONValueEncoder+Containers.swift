internal import BridgeBytes

/// The containers of `JSONValueEncoder`. The repetition is the protocols': each kind of number has
/// its own requirement, and a generic one would cost a dynamic cast for every value.
struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let encoder: JSONValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    init(_ encoder: JSONValueEncoder) { self.encoder = encoder }

    private func put(_ value: some FixedWidthInteger, _ key: Key) {
        encoder.set(.number(JSONNumber(value)), key.stringValue)
    }

    private func put(_ number: JSONNumber?, _ key: Key) throws {
        encoder.set(try encoder.json(number, key), key.stringValue)
    }

    mutating func encodeNil(forKey key: Key) { encoder.set(.null, key.stringValue) }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        encoder.set(try encoder.json(value, key), key.stringValue)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { nested(key).container(keyedBy: keyType) }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nested(key).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { nested(NameKey("super")) }

    mutating func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

    private func nested(_ key: any CodingKey) -> JSONValueEncoder {
        encoder.nested(.member(key.stringValue), key)
    }

    mutating func encode(_ value: Bool, forKey key: Key) {
        encoder.set(.bool(value), key.stringValue)
    }

    mutating func encode(_ value: String, forKey key: Key) {
        encoder.set(.string(value), key.stringValue)
    }

    mutating func encode(_ value: Double, forKey key: Key) throws {
        try put(JSONNumber(value), key)
    }

    mutating func encode(_ value: Float, forKey key: Key) throws {
        try put(JSONNumber(value), key)
    }

    mutating func encode(_ value: Int, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: Int8, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: Int16, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: Int32, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: Int64, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: Int128, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: UInt, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: UInt8, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: UInt16, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: UInt32, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: UInt64, forKey key: Key) { put(value, key) }

    mutating func encode(_ value: UInt128, forKey key: Key) { put(value, key) }
}

struct JSONListEncoding: UnkeyedEncodingContainer {
    private let encoder: JSONValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.list.count }

    init(_ encoder: JSONValueEncoder) { self.encoder = encoder }

    private var key: IndexKey { IndexKey(count) }

    private func put(_ value: some FixedWidthInteger) {
        encoder.append(.number(JSONNumber(value)))
    }

    mutating func encodeNil() { encoder.append(.null) }

    mutating func encode<T: Encodable>(_ value: T) throws {
        encoder.append(try encoder.json(value, key))
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> { nested().container(keyedBy: keyType) }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        nested().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { nested() }

    private func nested() -> JSONValueEncoder { encoder.nested(.item(count), key) }

    mutating func encode(_ value: Bool) { encoder.append(.bool(value)) }

    mutating func encode(_ value: String) { encoder.append(.string(value)) }

    mutating func encode(_ value: Double) throws {
        encoder.append(try encoder.json(JSONNumber(value), key))
    }

    mutating func encode(_ value: Float) throws {
        encoder.append(try encoder.json(JSONNumber(value), key))
    }

    mutating func encode(_ value: Int) { put(value) }

    mutating func encode(_ value: Int8) { put(value) }

    mutating func encode(_ value: Int16) { put(value) }

    mutating func encode(_ value: Int32) { put(value) }

    mutating func encode(_ value: Int64) { put(value) }

    mutating func encode(_ value: Int128) { put(value) }

    mutating func encode(_ value: UInt) { put(value) }

    mutating func encode(_ value: UInt8) { put(value) }

    mutating func encode(_ value: UInt16) { put(value) }

    mutating func encode(_ value: UInt32) { put(value) }

    mutating func encode(_ value: UInt64) { put(value) }

    mutating func encode(_ value: UInt128) { put(value) }
}

struct JSONSingleEncoding: SingleValueEncodingContainer {
    private let encoder: JSONValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    init(_ encoder: JSONValueEncoder) { self.encoder = encoder }

    private func put(_ value: some FixedWidthInteger) { encoder.set(.number(JSONNumber(value))) }

    mutating func encodeNil() { encoder.set(.null) }

    mutating func encode<T: Encodable>(_ value: T) throws {
        encoder.set(try encoder.json(value, nil))
    }

    mutating func encode(_ value: Bool) { encoder.set(.bool(value)) }

    mutating func encode(_ value: String) { encoder.set(.string(value)) }

    mutating func encode(_ value: Double) throws {
        encoder.set(try encoder.json(JSONNumber(value), nil))
    }

    mutating func encode(_ value: Float) throws {
        encoder.set(try encoder.json(JSONNumber(value), nil))
    }

    mutating func encode(_ value: Int) { put(value) }

    mutating func encode(_ value: Int8) { put(value) }

    mutating func encode(_ value: Int16) { put(value) }

    mutating func encode(_ value: Int32) { put(value) }

    mutating func encode(_ value: Int64) { put(value) }

    mutating func encode(_ value: Int128) { put(value) }

    mutating func encode(_ value: UInt) { put(value) }

    mutating func encode(_ value: UInt8) { put(value) }

    mutating func encode(_ value: UInt16) { put(value) }

    mutating func encode(_ value: UInt32) { put(value) }

    mutating func encode(_ value: UInt64) { put(value) }

    mutating func encode(_ value: UInt128) { put(value) }
}
