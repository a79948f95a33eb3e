internal import BridgeBytes

/// Values of several columns of one flat type put together into one column, with or without
/// those that are there already.
struct JoinedValues: ~Copyable {
    private let type: DataType
    private var data = ByteWriter()
    /// Ends of the values of variable size.
    private var ends: [Int] = []
    private var validity = ValidityBuilder()
    private var count = 0
    private var positions: [Bytes: Int] = [:]
    private var null: Int?

    /// Nil for types whose values are no bytes of their own.
    init?(_ type: DataType) {
        switch type.layout {
        case .fixedWidth, .variable: self.type = type
        default: return nil
        }
    }

    /// Appends all values.
    /// - Throws: `invalidData` whenoffsets point outside the data.
    mutating func append(_ column: Column) throws(ArrowError) {
        for position in 0..<column.count { append(try column.bytes(at: position)) }
    }

    /// Appends the values that are not there yet.
    /// - Returns: where each value of the column is now.
    /// - Throws: `invalidData` whenoffsets point outside the data.
    mutating func merge(_ column: Column) throws(ArrowError) -> [Int] {
        var map: [Int] = []
        map.reserveCapacity(column.count)
        for position in 0..<column.count {
            let value = try column.bytes(at: position)
            if let known = value.map({ positions[$0] }) ?? null {
                map.append(known)
                continue
            }
            if let value { positions[value] = count } else { null = count }
            map.append(count)
            append(value)
        }
        return map
    }

    private mutating func append(_ value: Bytes?) {
        if let value {
            data.append(value)
        } else {
            validity.appendNull(at: count)
            if case .fixedWidth(let width) = type.layout {
                data.append(repeating: 0, count: width)
            }
        }
        count += 1
        ends.append(data.count)
    }

    /// The column; nil when its offsets cannot state its size.
    consuming func finish() -> Column? {
        let (type, count, ends) = (type, count, ends)
        let validity = validity.finish(count: count)
        let bytes = data.finish()
        guard case .variable(let width) = type.layout else {
            return Column(type, count: count, validity: validity, storage: .values(bytes))
        }
        guard width == 8 || bytes.count <= Int32.max else { return nil }
        var offsets = ByteWriter(capacity: (count + 1) * width)
        for end in [0] + ends {
            if width == 8 {
                offsets.append(littleEndian: Int64(end))
            } else {
                offsets.append(littleEndian: Int32(truncatingIfNeeded: end))
            }
        }
        return Column(
            type, count: count, validity: validity,
            storage: .offsets(count == 0 ? Bytes() : offsets.finish(), data: bytes))
    }
}
