internal import BridgeBytes

/// The containers of `RowDecoder`; as with `RowEncoder`, the repetition is the protocols'.
struct RowKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let view: RecordView
    private let row: Int
    private let path: RowPath

    init(_ view: RecordView, _ row: Int, _ path: RowPath) {
        self.view = view
        self.row = row
        self.path = path
    }

    var codingPath: [any CodingKey] { path.keys }
    var allKeys: [Key] { view.names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { view.position(of: key.stringValue) != nil }

    private func place(_ key: any CodingKey) throws(ArrowError) -> RowPlace {
        guard let position = view.position(of: key.stringValue) else {
            throw ArrowError(
                .invalidRow, stage: .row, field: (codingPath + [key]).text,
                "there is no such column")
        }
        return try RowPlace(
            view.columns[position], row, path, key, view: view.view(position))
    }

    func decodeNil(forKey key: Key) throws -> Bool { try place(key).isNull }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try place(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { RowDecoder(.value(try place(NameKey("super")))) }

    func superDecoder(forKey key: Key) throws -> any Decoder { RowDecoder(.value(try place(key))) }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        if case .value(let value) = view.bool(key.stringValue, row) { return value }
        return try place(key).bool()
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        if case .value(let value) = view.text(key.stringValue, row) { return value }
        return try place(key).text()
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        if case .value(let value) = view.number(type, key.stringValue, row) {
            return value.isNaN ? .nan : value
        }
        return try place(key).float(Double.self)
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        if case .value(let value) = view.number(type, key.stringValue, row) {
            return value.isNaN ? .nan : value
        }
        return try place(key).float(Float.self)
    }

    /// `Int` is `Int64` in columns.
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        if case .value(let value) = view.number(Int64.self, key.stringValue, row) {
            return Int(value)
        }
        return try place(key).integer(Int.self)
    }

    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try integer(type, key)
    }

    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try integer(type, key)
    }

    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try integer(type, key)
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try integer(type, key)
    }

    /// `UInt` is `UInt64` in columns.
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        if case .value(let value) = view.number(UInt64.self, key.stringValue, row) {
            return UInt(value)
        }
        return try place(key).integer(UInt.self)
    }

    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try integer(type, key)
    }

    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try integer(type, key)
    }

    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try integer(type, key)
    }

    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try integer(type, key)
    }

    @inline(__always) private func integer<T: ArrowPrimitive & FixedWidthInteger>(
        _ type: T.Type, _ key: Key
    ) throws -> T {
        if case .value(let value) = view.number(type, key.stringValue, row) { return value }
        return try place(key).integer(type)
    }
}

// MARK: - Values that may be missing

/// One look for what is else three: whether there is a column, whether it has a null, the value.
extension RowKeyedDecoding {
    private func present<T>(_ key: Key, _ read: (RowPlace) throws -> T) throws -> T? {
        guard view.position(of: key.stringValue) != nil else { return nil }
        let place = try place(key)
        return place.isNull ? nil : try read(place)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        try present(key) { try $0.decode(type) }
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        switch view.bool(key.stringValue, row) {
        case .value(let value): value
        case .absent: nil
        case .other: try present(key) { try $0.bool() }
        }
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        switch view.text(key.stringValue, row) {
        case .value(let value): value
        case .absent: nil
        case .other: try present(key) { try $0.text() }
        }
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        switch view.number(type, key.stringValue, row) {
        case .value(let value): value.isNaN ? .nan : value
        case .absent: nil
        case .other: try present(key) { try $0.float(type) }
        }
    }

    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
        switch view.number(type, key.stringValue, row) {
        case .value(let value): value.isNaN ? .nan : value
        case .absent: nil
        case .other: try present(key) { try $0.float(type) }
        }
    }

    @inline(__always) private func integerIfPresent<T: FixedWidthInteger, Stored: ArrowPrimitive>(
        _ type: T.Type, as stored: Stored.Type, _ key: Key
    ) throws -> T? where Stored: FixedWidthInteger {
        switch view.number(stored, key.stringValue, row) {
        case .value(let value): T(truncatingIfNeeded: value)
        case .absent: nil
        case .other: try present(key) { try $0.integer(type) }
        }
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try integerIfPresent(type, as: Int64.self, key)
    }

    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
        try integerIfPresent(type, as: Int8.self, key)
    }

    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
        try integerIfPresent(type, as: Int16.self, key)
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        try integerIfPresent(type, as: Int32.self, key)
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try integerIfPresent(type, as: Int64.self, key)
    }

    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
        try integerIfPresent(type, as: UInt64.self, key)
    }

    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
        try integerIfPresent(type, as: UInt8.self, key)
    }

    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
        try integerIfPresent(type, as: UInt16.self, key)
    }

    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
        try integerIfPresent(type, as: UInt32.self, key)
    }

    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        try integerIfPresent(type, as: UInt64.self, key)
    }
}

struct RowListDecoding: UnkeyedDecodingContainer {
    private let items: Column
    private let view: RecordView?
    private let path: RowPath
    private(set) var currentIndex = 0

    init(_ items: Column, _ path: RowPath) {
        self.items = items
        self.path = path
        view =
            if case .structure(let fields) = items.type {
                RecordView(fields, items.children)
            } else {
                nil
            }
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    private func place() throws(ArrowError) -> RowPlace {
        let key = IndexKey(currentIndex)
        guard !isAtEnd else {
            throw ArrowError(
                .invalidRow, stage: .row, field: (codingPath + [key]).text,
                "the list has only \(items.count) items")
        }
        return try RowPlace(items, currentIndex, path, key, view: view)
    }

    /// Reads the next item; only then is it passed.
    private mutating func next<T>(_ read: (RowPlace) throws -> T) throws -> T {
        let value = try read(place())
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard try place().isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try next { try $0.decode(type) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try superDecoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try next { RowDecoder(.value($0)) } }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.bool() } }

    mutating func decode(_ type: String.Type) throws -> String { try next { try $0.text() } }

    mutating func decode(_ type: Double.Type) throws -> Double {
        try next { try $0.float(Double.self) }
    }

    mutating func decode(_ type: Float.Type) throws -> Float {
        try next { try $0.float(Float.self) }
    }

    mutating func decode(_ type: Int.Type) throws -> Int { try next { try $0.integer(Int.self) } }

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
}

struct RowValueDecoding: SingleValueDecodingContainer {
    private let place: RowPlace
    var codingPath: [any CodingKey] { place.codingPath }

    init(_ place: RowPlace) { self.place = place }

    func decodeNil() -> Bool { place.isNull }

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

    func decode(_ type: UInt.Type) throws -> UInt { try place.integer(UInt.self) }

    func decode(_ type: UInt8.Type) throws -> UInt8 { try place.integer(UInt8.self) }

    func decode(_ type: UInt16.Type) throws -> UInt16 { try place.integer(UInt16.self) }

    func decode(_ type: UInt32.Type) throws -> UInt32 { try place.integer(UInt32.self) }

    func decode(_ type: UInt64.Type) throws -> UInt64 { try place.integer(UInt64.self) }
}
