internal import BridgeBytes

/// The containers of `RowProbe`. One generic function answers for all types: a probe is run once,
/// not for every value.
struct KeyedProbe<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: RowProbe
    var codingPath: [any CodingKey] { probe.codingPath }

    /// Nobody can say which keys a value would have.
    var allKeys: [Key] {
        if probe.state.reason == nil {
            probe.state.reason = probe.stop("its keys depend on the value").reason
        }
        return []
    }

    private func column(_ key: any CodingKey) throws(ArrowError) -> RowColumn {
        try probe.column.record().column(key.stringValue)
    }

    func contains(_ key: Key) -> Bool { true }

    func decodeNil(forKey key: Key) throws -> Bool {
        try column(key).markNullable()
        return false
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let column = try column(key)
        return try probe.child(column, key).make(type, in: column)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try probe.child(column(key), key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try probe.child(column(key), key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        let key = NameKey("super")
        return probe.child(try column(key), key)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        probe.child(try column(key), key)
    }
}

/// A list that says to have one item, and gives as many as are asked for.
struct ListProbe: UnkeyedDecodingContainer {
    let probe: RowProbe
    let items: RowColumn
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { probe.codingPath }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }

    init(probe: RowProbe, items: RowColumn) {
        self.probe = probe
        self.items = items
    }

    private mutating func next() -> RowProbe {
        currentIndex += 1
        return probe.child(items, IndexKey(currentIndex - 1))
    }

    mutating func decodeNil() throws -> Bool {
        items.markNullable()
        return false
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try next().make(type, in: items)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> { try next().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { next() }
}

struct ValueProbe: SingleValueDecodingContainer {
    let probe: RowProbe
    var codingPath: [any CodingKey] { probe.codingPath }

    func decodeNil() -> Bool {
        probe.column.markNullable()
        return false
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try probe.make(type, in: probe.column)
    }
}
