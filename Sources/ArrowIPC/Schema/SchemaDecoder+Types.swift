internal import BridgeBytes

extension SchemaDecoder {
    /// The type of a field: its tag says which table holds the parameters.
    func type(
        of field: FlatTable, children: [Field], path: String
    ) throws(ArrowError) -> DataType {
        let code = field.scalar(2, default: UInt8(0))
        guard code != 0 else { throw fail(path, "the field has no type") }
        guard let tag = TypeTag(rawValue: code) else {
            throw fail(path, "the type has the unknown number \(code)", code: .unsupportedType)
        }
        guard let table = field.table(3) else { throw fail(path, "the type has no table") }
        switch tag {
        case .null: return .null
        case .bool: return .bool
        case .int: return try integer(table, path: path)
        case .floatingPoint: return try float(table, path: path)
        case .binary: return .binary
        case .utf8: return .utf8
        case .largeBinary: return .largeBinary
        case .largeUTF8: return .largeUTF8
        case .binaryView: return .binaryView
        case .utf8View: return .utf8View
        case .decimal: return try decimal(table, path: path)
        case .fixedSizeBinary:
            return .fixedSizeBinary(width: try size(table.scalar(0, default: 0), path: path))
        case .date, .time, .timestamp, .interval, .duration:
            return try temporal(tag, table, path: path)
        default: return try nested(tag, table, children: children, path: path)
        }
    }

    func integer(_ table: FlatTable, path: String) throws(ArrowError) -> DataType {
        let isSigned = table.scalar(1, default: UInt8(0)) != 0
        switch (table.scalar(0, default: Int32(0)), isSigned) {
        case (8, true): return .int8
        case (16, true): return .int16
        case (32, true): return .int32
        case (64, true): return .int64
        case (8, false): return .uint8
        case (16, false): return .uint16
        case (32, false): return .uint32
        case (64, false): return .uint64
        case (128, true): return .int128
        case (128, false): return .uint128
        case (let width, _): throw fail(path, "there are no integers of \(width) bits")
        }
    }

    private func float(_ table: FlatTable, path: String) throws(ArrowError) -> DataType {
        switch table.scalar(0, default: Int16(0)) {
        case 0: return .float16
        case 1: return .float32
        case 2: return .float64
        case let precision: throw fail(path, "there is no float precision \(precision)")
        }
    }

    private func decimal(_ table: FlatTable, path: String) throws(ArrowError) -> DataType {
        let bits = Int(table.scalar(2, default: Int32(128)))
        let precision = Int(table.scalar(0, default: Int32(0)))
        guard let width = DecimalWidth(rawValue: bits) else {
            throw fail(path, "there are no decimals of \(bits) bits")
        }
        guard precision >= 1, precision <= width.maxPrecision else {
            throw fail(path, "a decimal of \(bits) bits has no \(precision) digits")
        }
        return .decimal(width, precision: precision, scale: Int(table.scalar(1, default: Int32(0))))
    }

    private func size(_ value: Int32, path: String) throws(ArrowError) -> Int {
        guard value >= 0 else { throw fail(path, "the size \(value) is negative") }
        return Int(value)
    }

    private func unit(_ value: Int16, path: String) throws(ArrowError) -> TimeUnit {
        guard let unit = TimeUnit(rawValue: value) else {
            throw fail(path, "there is no time unit \(value)")
        }
        return unit
    }

    private func temporal(
        _ tag: TypeTag, _ table: FlatTable, path: String
    ) throws(ArrowError) -> DataType {
        switch tag {
        case .date:
            switch table.scalar(0, default: Int16(1)) {
            case 0: return .date32
            case 1: return .date64
            case let unit: throw fail(path, "there is no date unit \(unit)")
            }
        case .time:
            let unit = try unit(table.scalar(0, default: 1), path: path)
            switch (unit, table.scalar(1, default: Int32(32))) {
            case (.second, 32), (.millisecond, 32): return .time32(unit)
            case (.microsecond, 64), (.nanosecond, 64): return .time64(unit)
            case (_, let width):
                throw fail(path, "there is no time[\(unit.abbreviation)] of \(width) bits")
            }
        case .timestamp:
            let zone = try text(table.string(1), of: path)
            let unit = try unit(table.scalar(0, default: 0), path: path)
            return .timestamp(unit, zone: zone?.isEmpty == true ? nil : zone)
        case .duration: return .duration(try unit(table.scalar(0, default: 1), path: path))
        default:
            let value = table.scalar(0, default: Int16(0))
            guard let unit = IntervalUnit(rawValue: value) else {
                throw fail(path, "there is no interval unit \(value)")
            }
            return .interval(unit)
        }
    }

    private func nested(
        _ tag: TypeTag, _ table: FlatTable, children: [Field], path: String
    ) throws(ArrowError) -> DataType {
        if tag == .structure { return .structure(children) }
        if tag == .union { return try union(table, children: children, path: path) }
        guard children.count == (tag == .runEndEncoded ? 2 : 1) else {
            throw fail(path, "the type has \(children.count) children")
        }
        let item = children[0]
        switch tag {
        case .list: return .list(item)
        case .largeList: return .largeList(item)
        case .listView: return .listView(item)
        case .largeListView: return .largeListView(item)
        case .runEndEncoded:
            guard [.int16, .int32, .int64].contains(item.type) else {
                throw fail(path, "run ends cannot be \(item.type)")
            }
            return .runEndEncoded(runEnds: item, values: children[1])
        case .fixedSizeList:
            return .fixedSizeList(item, count: try size(table.scalar(0, default: 0), path: path))
        default:
            guard case .structure(let pair) = item.type, pair.count == 2 else {
                throw fail(path, "the entries of a map are not a structure of key and value")
            }
            return .map(entries: item, keysSorted: table.scalar(0, default: UInt8(0)) != 0)
        }
    }

    private func union(
        _ table: FlatTable, children: [Field], path: String
    ) throws(ArrowError) -> DataType {
        guard let mode = UnionMode(rawValue: table.scalar(0, default: 0)) else {
            throw fail(path, "there is no such union mode")
        }
        guard let (count, start) = table.vector(1) else {
            guard children.count <= 128 else { throw fail(path, "a union has too many children") }
            let codes = children.indices.map { Int8(truncatingIfNeeded: $0) }
            return .union(mode, fields: children, typeCodes: codes)
        }
        var codes: [Int8] = []
        for index in 0..<count {
            let code = table.bytes.span.littleEndian(Int32.self, at: start + 4 * index) ?? -1
            guard code >= 0, code <= 127 else {
                throw fail(path, "there is no union type code \(code)")
            }
            codes.append(Int8(truncatingIfNeeded: code))
        }
        guard codes.count == children.count, Set(codes).count == codes.count else {
            throw fail(path, "the type codes of a union do not fit its children")
        }
        return .union(mode, fields: children, typeCodes: codes)
    }
}

extension DecimalWidth {
    /// Most digits that the integer holds.
    var maxPrecision: Int {
        switch self {
        case .bits32: 9
        case .bits64: 18
        case .bits128: 38
        case .bits256: 76
        }
    }
}
