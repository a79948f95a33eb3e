internal import BridgeBytes

/// Gives one value of a column to a `Decodable` type.
///
/// ## Theory of operation
/// A decoder stands at a place: a row of a column, past dictionaries, runs and unions. Keyed
/// containers look a structure's columns up by name, lists are a slice of the items' column, and
/// numbers convert when they are exact. Nothing is read but what is asked for, and each value is
/// checked when it is.
struct RowDecoder: Decoder {
    /// A row of a batch, or a value in a column.
    enum Place {
        case row(RecordView, Int, RowPath)
        case value(RowPlace)
    }

    let place: Place

    init(_ place: Place) { self.place = place }

    var codingPath: [any CodingKey] {
        if case .value(let value) = place { value.codingPath } else { [] }
    }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        switch place {
        case .row(let view, let row, let path):
            return KeyedDecodingContainer(RowKeyedDecoding(view, row, path))
        case .value(let value):
            let view = try value.record()
            return KeyedDecodingContainer(RowKeyedDecoding(view, value.position, value.path))
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let value = try value()
        switch value.column.type {
        case .binary, .largeBinary, .binaryView, .fixedSizeBinary:
            let bytes = Column([UInt8](try value.bytes()))
            return RowListDecoding(bytes, value.path)
        default: return RowListDecoding(try value.items(), value.path)
        }
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        RowValueDecoding(try value())
    }

    private func value() throws(ArrowError) -> RowPlace {
        guard case .value(let value) = place else {
            throw ArrowError(.invalidRow, stage: .row, "a row is a structure, and nothing else")
        }
        return value
    }
}

extension RowPlace {
    /// A value of any kind.
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if type == Bytes.self, let value = try bytes() as? T { return value }
        if type == Timestamp.self, let value = try moment() as? T { return value }
        if let value = try convertible(type) { return value }
        if case .map = column.type, let mapping = type as? any RowMappingDecodable.Type,
            let value = try decode(mapping: mapping) as? T
        {
            return value
        }
        return try T(from: RowDecoder(.value(self)))
    }

    /// The value of a type that has a form of its own in columns; nil when it has none in this one.
    private func convertible<T: Decodable>(_ type: T.Type) throws(ArrowError) -> T? {
        let identity = ObjectIdentifier(type)
        guard !isPlain(identity) else { return nil }
        guard let convertible = type as? any ArrowScalarConvertible.Type else {
            notePlain(identity)
            return nil
        }
        guard let scalar = try scalar() else { return nil }
        if let value = convertible.init(arrowScalar: scalar) as? T { return value }
        // Types of one's own may take the number of a duration as it is.
        return try elapsedNumber().flatMap { convertible.init(arrowScalar: $0) as? T }
    }

    private func decode(
        mapping: any RowMappingDecodable.Type
    ) throws -> any RowMappingDecodable {
        let entries = try items()
        guard entries.children.count == 2 else { throw fail("a map has keys and values") }
        var places: [(RowPlace, RowPlace)] = []
        let path = path
        for index in 0..<entries.count {
            let key = try RowPlace(entries.children[0], index, path, IndexKey(index))
            let value = try RowPlace(entries.children[1], index, path, IndexKey(index))
            places.append((key, value))
        }
        return try mapping.decode(count: places.count) { index in
            (RowDecoder(.value(places[index].0)), RowDecoder(.value(places[index].1)))
        }
    }
}
