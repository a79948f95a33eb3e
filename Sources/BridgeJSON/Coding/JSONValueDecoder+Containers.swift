internal import BridgeBytes

/// The containers of `JSONValueDecoder`; as with the encoder, the repetition is the protocols'.
struct JSONKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let object: JSONObject
    private let path: JSONPath

    init(_ object: JSONObject, _ path: JSONPath) {
        self.object = object
        self.path = path
    }

    var codingPath: [any CodingKey] { path.keys }
    var allKeys: [Key] { object.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool { object[key.stringValue] != nil }

    private func place(_ key: Key) throws(DecodingError) -> JSONPlace {
        guard let value = object[key.stringValue] else {
            let detail = "there is no member \"\(key.stringValue)\""
            throw .keyNotFound(key, .init(codingPath: codingPath, debugDescription: detail))
        }
        return JSONPlace(value, path, key)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try place(key).value.isNull }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try place(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try JSONValueDecoder(place(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try JSONValueDecoder(place(key)).unkeyedContainer()
    }

    /// A superclass that encoded nothing may have left no member.
    func superDecoder() -> any Decoder {
        let key = NameKey("super")
        return JSONValueDecoder(JSONPlace(object[key.stringValue] ?? .null, path, key))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        JSONValueDecoder(JSONPlace(object[key.stringValue] ?? .null, path, key))
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try place(key).bool() }

    func decode(_ type: String.Type, forKey key: Key) throws -> String { try place(key).text() }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try place(key).float(Double.self)
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try place(key).float(Float.self)
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try place(key).integer(Int.self)
    }

    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try place(key).integer(Int8.self)
    }

    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try place(key).integer(Int16.self)
    }

    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try place(key).integer(Int32.self)
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try place(key).integer(Int64.self)
    }

    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 {
        try place(key).integer(Int128.self)
    }

    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try place(key).integer(UInt.self)
    }

    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try place(key).integer(UInt8.self)
    }

    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try place(key).integer(UInt16.self)
    }

    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try place(key).integer(UInt32.self)
    }

    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try place(key).integer(UInt64.self)
    }

    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
        try place(key).integer(UInt128.self)
    }
}

struct JSONListDecoding: UnkeyedDecodingContainer {
    private let items: [JSONValue]
    private let path: JSONPath
    private(set) var currentIndex = 0

    init(_ items: [JSONValue], _ path: JSONPath) {
        self.items = items
        self.path = path
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    private func place(for type: Any.Type) throws(DecodingError) -> JSONPlace {
        let key = IndexKey(currentIndex)
        guard !isAtEnd else {
            let detail = "the list has only \(items.count) items"
            throw .valueNotFound(
                type, .init(codingPath: codingPath + [key], debugDescription: detail))
        }
        return JSONPlace(items[currentIndex], path, key)
    }

    /// Reads the next item; only then is it passed.
    private mutating func next<T>(_ read: (JSONPlace) throws -> T) throws -> T {
        let value = try read(place(for: T.self))
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard try place(for: Any?.self).value.isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try next { try $0.decode(type) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try next { try JSONValueDecoder($0).container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try JSONValueDecoder($0).unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try next { JSONValueDecoder($0) } }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.bool() } }

    mutating func decode(_ type: String.Type) throws -> String { try next { try $0.text() } }

    mutating func decode(_ type: Double.Type) throws -> Double {
        try next { try $0.float(Double.self) }
    }

    mutating func decode(_ type: Float.Type) throws -> Float {
        try next { try $0.float(Float.self) }
    }

    mutating func decode(_ type: Int.Type) throws -> Int {
        try next { try $0.integer(Int.self) }
    }

    mutating func decode(_ type: Int8.Type) throws -> Int8 {
        try next { try $0.integer(Int8.self) }
    }

    mutating func decode(_ type: Int16.Type) throws -> Int16 {
        try next { try $0.integer(Int16.self) }
    }

    mutating func decode(_ type: Int32.Type) throws -> Int32 {
        try next { try $0.integer(Int32.self) }
    }

    mutating func decode(_ type: Int64.Type) throws -> Int64 {
        try next { try $0.integer(Int64.self) }
    }

    mutating func decode(_ type: Int128.Type) throws -> Int128 {
        try next { try $0.integer(Int128.self) }
    }

    mutating func decode(_ type: UInt.Type) throws -> UInt {
        try next { try $0.integer(UInt.self) }
    }

    mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
        try next { try $0.integer(UInt8.self) }
    }

    mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
        try next { try $0.integer(UInt16.self) }
    }

    mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
        try next { try $0.integer(UInt32.self) }
    }

    mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
        try next { try $0.integer(UInt64.self) }
    }

    mutating func decode(_ type: UInt128.Type) throws -> UInt128 {
        try next { try $0.integer(UInt128.self) }
    }
}

struct JSONSingleDecoding: SingleValueDecodingContainer {
    private let place: JSONPlace
    var codingPath: [any CodingKey] { place.codingPath }

    init(_ place: JSONPlace) { self.place = place }

    func decodeNil() -> Bool { place.value.isNull }

    func decode<T: Decodable>(_ type: T.Type) throws -> T { try place.decode(type) }

    func decode(_ type: Bool.Type) throws -> Bool { try place.bool() }

    func decode(_ type: String.Type) throws -> String { try place.text() }

    func decode(_ type: Double.Type) throws -> Double { try place.float(Double.self) }

    func decode(_ type: Float.Type) throws -> Float { try place.float(Float.self) }

    func decode(_ type: Int.Type) throws -> Int { try place.integer(Int.self) }

    func decode(_ type: Int8.Type) throws -> Int8 { try place.integer(Int8.self) }

    func decode(_ type: Int16.Type) throws -> Int16 { try place.integer(Int16.self) }

    func decode(_ type: Int32.Type) throws -> Int32 { try place.integer(Int32.self) }

    func decode(_ type: Int64.Type) throws -> Int64 { try place.integer(Int64.self) }

    func decode(_ type: Int128.Type) throws -> Int128 { try place.integer(Int128.self) }

    func decode(_ type: UInt.Type) throws -> UInt { try place.integer(UInt.self) }

    func decode(_ type: UInt8.Type) throws -> UInt8 { try place.integer(UInt8.self) }

    func decode(_ type: UInt16.Type) throws -> UInt16 { try place.integer(UInt16.self) }

    func decode(_ type: UInt32.Type) throws -> UInt32 { try place.integer(UInt32.self) }

    func decode(_ type: UInt64.Type) throws -> UInt64 { try place.integer(UInt64.self) }

    func decode(_ type: UInt128.Type) throws -> UInt128 { try place.integer(UInt128.self) }
}
