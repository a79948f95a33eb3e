internal import BridgeBytes

extension CellText {
    /// Appends a value of any type, the parts of a nested one as long as there is room.
    mutating func append(
        _ column: Column, _ position: Int, isNested: Bool
    ) throws(ArrowError) {
        guard !isCut else { return }
        if column.isNull(at: position) { return append("null") }
        switch column.type {
        case .bool: append(try column.bits()[position] ? "true" : "false")
        case .utf8, .largeUTF8, .utf8View:
            append(text: try column.bytes(at: position) ?? Bytes(), isNested: isNested)
        case .binary, .largeBinary, .binaryView, .fixedSizeBinary:
            append(binary: try column.bytes(at: position) ?? Bytes(), isNested: isNested)
        case .decimal, .int128, .uint128: append(try column.decimalText(at: position) ?? "null")
        case .structure(let fields): try append(fields, column.children, position)
        case .map: try append(pairs: column, position)
        case .list, .largeList, .listView, .largeListView, .fixedSizeList:
            guard let items = try column.list(at: position) else { return append("null") }
            append("[")
            for index in 0..<items.count where !isCut {
                if index > 0 { append(", ") }
                try append(items, index, isNested: true)
            }
            append("]")
        case .dictionary, .runEndEncoded:
            let place = try column.resolved(at: position)
            try append(place.column, place.position, isNested: isNested)
        case .union(_, let fields, let codes):
            let place = try column.resolved(at: position)
            let code = try column.typeCode(at: position)
            let name = codes.firstIndex(of: code).map { fields[$0].name } ?? ""
            append(escaping: name.isEmpty ? "\(code)" : name)
            append(": ")
            try append(place.column, place.position, isNested: true)
        default: try append(number: column, position)
        }
    }

    private mutating func append(
        _ fields: [Field], _ columns: [Column], _ position: Int
    ) throws(ArrowError) {
        append("{")
        for index in columns.indices where !isCut {
            if index > 0 { append(", ") }
            append(escaping: fields[index].name)
            append(": ")
            try append(columns[index], position, isNested: true)
        }
        append("}")
    }

    private mutating func append(pairs column: Column, _ position: Int) throws(ArrowError) {
        guard let pairs = try column.list(at: position), pairs.children.count == 2 else {
            return append("null")
        }
        append("{")
        for index in 0..<pairs.count where !isCut {
            if index > 0 { append(", ") }
            try append(pairs.children[0], index, isNested: true)
            append(": ")
            try append(pairs.children[1], index, isNested: true)
        }
        append("}")
    }

    private mutating func append(number column: Column, _ position: Int) throws(ArrowError) {
        switch column.type {
        case .int8: append("\(try column.number(Int8.self, at: position) ?? 0)")
        case .int16: append("\(try column.number(Int16.self, at: position) ?? 0)")
        case .uint8: append("\(try column.number(UInt8.self, at: position) ?? 0)")
        case .uint16: append("\(try column.number(UInt16.self, at: position) ?? 0)")
        case .uint32: append("\(try column.number(UInt32.self, at: position) ?? 0)")
        case .uint64: append("\(try column.number(UInt64.self, at: position) ?? 0)")
        case .float16: append("\(try column.number(Float16.self, at: position) ?? 0)")
        case .float32: append("\(try column.number(Float.self, at: position) ?? 0)")
        case .float64: append("\(try column.number(Double.self, at: position) ?? 0)")
        case .interval(let unit): append(try interval(column, position, unit))
        default:
            let number: Int64 =
                Int32.represents(column.type)
                ? Int64(try column.number(Int32.self, at: position) ?? 0)
                : try column.number(Int64.self, at: position) ?? 0
            append(TemporalText.text(number, of: column.type))
        }
    }

    private func interval(
        _ column: Column, _ position: Int, _ unit: IntervalUnit
    ) throws(ArrowError) -> String {
        let bytes = try column.bytes(at: position) ?? Bytes()
        let first = Int64(bytes.span.littleEndian(Int32.self, at: 0) ?? 0)
        let second = Int64(bytes.span.littleEndian(Int32.self, at: 4) ?? 0)
        return switch unit {
        case .yearMonth: TemporalText.interval(months: first, days: 0, nanoseconds: 0)
        case .dayTime:
            TemporalText.interval(months: 0, days: first, nanoseconds: second * 1_000_000)
        case .monthDayNano:
            TemporalText.interval(
                months: first, days: second,
                nanoseconds: bytes.span.littleEndian(Int64.self, at: 8) ?? 0)
        }
    }
}
