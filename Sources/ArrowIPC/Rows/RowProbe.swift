internal import BridgeBytes

/// Learns the columns of a row type from what its `init(from:)` asks for, where no value tells.
///
/// ## Theory of operation
/// A `Decodable` type says its keys and their types by asking for them. The probe answers each
/// question with a made-up value (0, false, a text, one item) and settles the column's type by it.
/// What was asked with a way out for nil is nullable. A type that refuses the made-up value ends
/// the probe, since what it would have asked next is unknown; enumerations are helped over by
/// their first case. Types whose keys depend on the value (dictionaries as rows, enumerations with
/// associated values) and types inside themselves have no columns that could be known.
struct RowProbe: Decoder {
    let column: RowColumn
    let codingPath: [any CodingKey]
    let state: State
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// What all parts of a probe share. Lives inside one call.
    final class State {
        /// The types inside which the probe is.
        var open: [ObjectIdentifier] = []
        /// The made-up text of now.
        var text = RowProbe.texts[0]
        /// Why the columns cannot be known, where the protocol has no way to throw.
        var reason: String?
    }

    /// Ends a probe.
    struct Stop: Error {
        let reason: String
    }

    /// The made-up texts: a type that takes none of the others may take one of a known form.
    fileprivate static let texts = [
        "0", "00000000-0000-0000-0000-000000000000", "2000-01-01T00:00:00Z", "http://localhost/",
    ]

    init(_ column: RowColumn, _ codingPath: [any CodingKey], _ state: State) {
        self.column = column
        self.codingPath = codingPath
        self.state = state
    }

    /// Settles the columns of rows of a type.
    /// - Throws: `invalidRow`, with the reason, when they cannot be known.
    static func settle<Row>(_ root: RowColumn, rows: Row.Type) throws(ArrowError) {
        let state = State()
        do {
            guard let type = rows as? any Decodable.Type else {
                throw Stop(reason: "it is not Decodable, so that it cannot be asked")
            }
            _ = try RowProbe(root, [], state).make(type, in: root)
            if let reason = state.reason { throw Stop(reason: reason) }
        } catch {
            let reason = (error as? Stop)?.reason ?? "\(error)"
            throw ArrowError(
                .invalidRow, stage: .row,
                "there are no rows, and the columns of \(Row.self) cannot be known without one: "
                    + "\(reason); give a schema")
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        _ = try column.record()
        return KeyedDecodingContainer(KeyedProbe<Key>(probe: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let list = try column.list() else { throw stop("a list of bytes") }
        return ListProbe(probe: self, items: list.items)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        ValueProbe(probe: self)
    }

    func child(_ column: RowColumn, _ key: any CodingKey) -> RowProbe {
        RowProbe(column, codingPath + [key], state)
    }

    func stop(_ what: String) -> Stop {
        Stop(reason: codingPath.isEmpty ? what : "\(what), at \(codingPath.text)")
    }

    /// A value of a type, whose column is settled by it.
    func make<T: Decodable>(_ type: T.Type, in column: RowColumn) throws -> T {
        if let scalar = type as? any ProbedScalar.Type {
            try column.settle(as: scalar.probedType)
            if let value = (state.text as? T) ?? (scalar.probed as? T) { return value }
        }
        if let convertible = type as? any ArrowScalarConvertible.Type {
            try column.settle(as: convertible.arrowType)
            let scalar = ArrowScalar.probed.lazy.compactMap { convertible.init(arrowScalar: $0) }
            if let value = scalar.first as? T { return value }
            throw stop("\(T.self) takes no made-up value")
        }
        if let mapping = type as? any RowMappingDecodable.Type, !codingPath.isEmpty,
            let (_, pairs) = try column.map(), pairs.columns.count == 2
        {
            let parts = pairs.columns.map { RowProbe($0, codingPath, state) }
            if let value = try mapping.decode(count: 1, pair: { _ in (parts[0], parts[1]) }) as? T {
                return value
            }
        }
        return try open(type, in: column)
    }

    /// A value of a type that encodes itself.
    private func open<T: Decodable>(_ type: T.Type, in column: RowColumn) throws -> T {
        let identity = ObjectIdentifier(type)
        guard !state.open.contains(identity) else { throw stop("\(T.self) is inside itself") }
        state.open.append(identity)
        defer { state.open.removeLast() }
        defer { state.text = Self.texts[0] }
        for text in Self.texts {
            state.text = text
            do {
                return try T(from: RowProbe(column, codingPath, state))
            } catch let stop as Stop { throw stop } catch { continue }
        }
        guard state.reason == nil, column.settledType != nil, let value = firstCase(T.self) else {
            throw stop("\(T.self) takes no made-up value")
        }
        return value
    }

    /// The first case of an enumeration that refused a made-up raw value.
    private func firstCase<T>(_ type: T.Type) -> T? {
        if let cases = type as? any CaseIterable.Type, let first = first(cases) as? T {
            return first
        }
        // Sound: a type that is plain memory may be made of any bits, as far as memory goes, and an
        // enumeration without payloads (what has raw values has none) of zeroes, which are its
        // first case. The value only lets the next key be asked for, and is given away nowhere.
        let size = MemoryLayout<T>.size
        guard type is any RawRepresentable.Type, _isPOD(T.self), size <= 2 else { return nil }
        return unsafe withUnsafeTemporaryAllocation(
            byteCount: max(size, 1), alignment: MemoryLayout<T>.alignment
        ) { memory in
            unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
            return unsafe memory.baseAddress?.load(as: T.self)
        }
    }

    private func first<Cases: CaseIterable>(_ type: Cases.Type) -> Any? { type.allCases.first }
}

extension ArrowScalar {
    /// The made-up values, one of which most types take.
    fileprivate static var probed: [ArrowScalar] {
        [
            .moment(Timestamp(seconds: 0)), .bytes(Bytes()), .integer(0), .unsigned(0), .float(0),
            .bool(false), .duration(.zero), .interval(CalendarInterval()),
        ] + RowProbe.texts.map { .text($0) }
    }
}

/// What encoders and decoders know without a conformance of the value's own.
private protocol ProbedScalar {
    static var probedType: DataType { get }
    static var probed: Self { get }
}

extension ArrowPrimitive where Self: Numeric {
    fileprivate static var probedType: DataType { arrowType }
    fileprivate static var probed: Self { 0 }
}

extension Int: ProbedScalar {}
extension Int8: ProbedScalar {}
extension Int16: ProbedScalar {}
extension Int32: ProbedScalar {}
extension Int64: ProbedScalar {}
extension UInt8: ProbedScalar {}
extension UInt16: ProbedScalar {}
extension UInt32: ProbedScalar {}
extension UInt64: ProbedScalar {}
extension Float: ProbedScalar {}
extension Double: ProbedScalar {}

extension UInt: ProbedScalar {
    fileprivate static var probedType: DataType { .uint64 }
    fileprivate static var probed: UInt { 0 }
}

extension Bool: ProbedScalar {
    fileprivate static var probedType: DataType { .bool }
    fileprivate static var probed: Bool { false }
}

extension String: ProbedScalar {
    fileprivate static var probedType: DataType { .utf8 }
    fileprivate static var probed: String { "0" }
}
