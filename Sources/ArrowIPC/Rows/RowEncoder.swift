internal import BridgeBytes

/// Takes the values of one row, or of one value inside it, into a column.
///
/// ## Theory of operation
/// `Encodable` types open a container and never say when they are done with it. So a value is
/// open from the moment its container is asked for until whoever began it closes it: right after
/// `encode(to:)` returned, or, for containers nested by hand, before the next value of the same
/// parent. Closing ends the list or the structure in its column.
final class RowEncoder: Encoder {
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    let column: RowColumn
    private var shape = Shape.none
    /// Values that were begun inside this one and are not closed yet.
    private var open: [RowEncoder] = []
    /// What went wrong where the protocol has no way to throw; thrown by the next call that has.
    private var failure: ArrowError?

    enum Shape {
        case none
        case scalar
        case record(RecordSink)
        case list(ListSink)
        /// Bytes that come as a list of small integers.
        case bytes([UInt8])
    }

    init(_ column: RowColumn, codingPath: [any CodingKey]) {
        self.column = column
        self.codingPath = codingPath
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        // Begun here, since a structure without keys does not say more.
        note { () throws(ArrowError) in _ = try record() }
        return KeyedEncodingContainer(RowKeyedEncoding<Key>(self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        note { () throws(ArrowError) in _ = try items() }
        return RowListEncoding(self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { RowValueEncoding(self) }

    private func note(_ body: () throws(ArrowError) -> Void) {
        do throws(ArrowError) { try body() } catch { failure = failure ?? error }
    }

    /// Begins a value inside this one. When there is no place for it, it goes into a column of its
    /// own, and closing this value fails.
    func nested(
        _ key: (any CodingKey)?, _ place: () throws(ArrowError) -> RowColumn?
    ) -> RowEncoder {
        var found: RowColumn?
        note { () throws(ArrowError) in
            found = try place()
            if found == nil { throw column.fail("a nested value is no byte") }
        }
        let place = found ?? RowColumn(name: "", path: column.path)
        let encoder = RowEncoder(place, codingPath: codingPath + (key.map { [$0] } ?? []))
        open.append(encoder)
        return encoder
    }

    /// The structure that the value is.
    func record() throws(ArrowError) -> RecordSink {
        switch shape {
        case .record(let sink): return sink
        case .none:
            let sink = try column.record()
            shape = .record(sink)
            return sink
        default: throw column.fail("the value is encoded as a structure and as something else")
        }
    }

    /// The column of the next item of the list that the value is; nil for bytes.
    func items() throws(ArrowError) -> RowColumn? {
        try closeNested()
        switch shape {
        case .list(let sink): return sink.items
        case .bytes: return nil
        case .none:
            guard let sink = try column.list() else {
                shape = .bytes([])
                return nil
            }
            shape = .list(sink)
            return sink.items
        default: throw column.fail("the value is encoded as a list and as something else")
        }
    }

    /// An item of bytes that come as a list.
    func append(byte value: ArrowScalar) throws(ArrowError) {
        let byte: UInt8? =
            switch value {
            case .integer(let value): UInt8(exactly: value)
            case .unsigned(let value): UInt8(exactly: value)
            default: nil
            }
        guard let byte, case .bytes(var bytes) = shape else {
            throw column.fail("\(value.name) is no byte")
        }
        shape = .none  // so that the array is not copied
        bytes.append(byte)
        shape = .bytes(bytes)
    }

    func append(_ value: ArrowScalar, _ type: DataType) throws(ArrowError) {
        shape = .scalar
        try column.append(value, type)
    }

    func append<T: Encodable>(_ value: T) throws {
        shape = .scalar
        try column.append(value, codingPath: codingPath)
    }

    func appendNull() throws(ArrowError) {
        shape = .scalar
        try column.appendNull()
    }

    private func closeNested() throws(ArrowError) {
        if let failure { throw failure }
        for encoder in open { try encoder.close() }
        open.removeAll()
    }

    /// Ends the value in its column.
    func close() throws(ArrowError) {
        try closeNested()
        switch shape {
        case .none: throw column.fail("the value encoded nothing")
        case .scalar: break
        case .record(let sink): try sink.endRecord()
        case .list(let sink): try sink.endList()
        case .bytes(let bytes): try column.append(.bytes(Bytes(bytes)), .binary)
        }
    }
}

extension RowColumn {
    /// Appends a value of any kind.
    func append<T: Encodable>(_ value: T, codingPath: [any CodingKey]) throws {
        let identity = ObjectIdentifier(type(of: value))
        if identity != plainType {
            switch value {
            case let scalar as any ArrowScalarConvertible:
                if try append(scalar) { return }
            case let mapping as any RowMapping:
                if let (maps, pairs) = try map() {
                    return try append(mapping, maps, pairs, codingPath)
                }
            default: plainType = identity
            }
        }
        try encode(value, codingPath: codingPath)
    }

    /// Appends a value in the form that it has of its own; false when it has none in this column.
    private func append<T: ArrowScalarConvertible>(_ value: T) throws(ArrowError) -> Bool {
        guard let scalar = value.arrowScalar(for: settledType ?? T.arrowType) else { return false }
        try append(scalar, T.arrowType)
        return true
    }

    private func encode<T: Encodable>(_ value: T, codingPath: [any CodingKey]) throws {
        let encoder = RowEncoder(self, codingPath: codingPath)
        try value.encode(to: encoder)
        try encoder.close()
    }

    private func append(
        _ mapping: any RowMapping, _ maps: ListSink, _ pairs: RecordSink,
        _ codingPath: [any CodingKey]
    ) throws {
        guard pairs.columns.count == 2 else { throw fail("a map has keys and values") }
        try mapping.forEachPair { key, value in
            try pairs.columns[0].append(key, codingPath: codingPath)
            try pairs.columns[1].append(value, codingPath: codingPath)
            try pairs.endRecord()
        }
        try maps.endList()
    }
}
