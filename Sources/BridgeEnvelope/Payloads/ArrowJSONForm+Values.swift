package import ArrowIPC
internal import BridgeBytes
package import BridgeJSON

extension ArrowJSONForm {
    /// Writes the array of a column's values.
    /// - Throws: `ArrowError` when the column's content is invalid, `limitExceeded` when its values
    ///   share their parts without measure.
    package static func write(
        _ column: Column, into writer: inout JSONWriter
    ) throws(ArrowError) {
        var budget = ValueBudget([column])
        try items(column, &budget, into: &writer)
    }

    private static func items(
        _ column: Column, _ budget: inout ValueBudget, into writer: inout JSONWriter
    ) throws(ArrowError) {
        try budget.take(column.count)
        writer.beginArray()
        for position in 0..<column.count { try value(column, position, &budget, into: &writer) }
        writer.endArray()
    }

    private static func value(
        _ column: Column, _ position: Int, _ budget: inout ValueBudget,
        into writer: inout JSONWriter
    ) throws(ArrowError) {
        if column.isNull(at: position) {
            writer.null()
            return
        }
        switch column.type {
        case .null: writer.null()
        case .bool: writer.bool(try column.bits()[position])
        case .float16: try float(column.number(Float16.self, at: position), into: &writer)
        case .float32: try float(column.number(Float.self, at: position), into: &writer)
        case .float64: try float(column.number(Double.self, at: position), into: &writer)
        case .utf8, .largeUTF8, .utf8View: writer.string(try column.text(at: position) ?? "")
        case .binary, .largeBinary, .binaryView, .fixedSizeBinary:
            let bytes = try column.bytes(at: position) ?? Bytes()
            writer.string(Hex.string(bytes.span))
        case .decimal: writer.string(try column.decimalText(at: position) ?? "")
        case .interval(let unit): try interval(column, position, unit, into: &writer)
        case .union, .runEndEncoded, .dictionary:
            try encoded(column, position, &budget, into: &writer)
        case .list, .largeList, .listView, .largeListView, .fixedSizeList, .structure, .map:
            try nested(column, position, &budget, into: &writer)
        default: try integer(column, position, into: &writer)
        }
    }

    private static func float<T: BinaryFloatingPoint>(
        _ number: T?, into writer: inout JSONWriter
    ) {
        let number = Double(number ?? 0)
        if number.isNaN {
            writer.string("NaN")
        } else if number.isInfinite {
            writer.string(number < 0 ? "-Infinity" : "Infinity")
        } else {
            writer.number(JSONNumber(checked: number.description))
        }
    }

    private static func integer(
        _ column: Column, _ position: Int, into writer: inout JSONWriter
    ) throws(ArrowError) {
        switch column.type {
        case .int8: writer.number(Int(try column.number(Int8.self, at: position) ?? 0))
        case .int16: writer.number(Int(try column.number(Int16.self, at: position) ?? 0))
        case .int32, .date32, .time32:
            writer.number(Int(try column.number(Int32.self, at: position) ?? 0))
        case .uint8: writer.number(Int(try column.number(UInt8.self, at: position) ?? 0))
        case .uint16: writer.number(Int(try column.number(UInt16.self, at: position) ?? 0))
        case .uint32: writer.number(Int(try column.number(UInt32.self, at: position) ?? 0))
        case .uint64: writer.string(String(try column.number(UInt64.self, at: position) ?? 0))
        default: writer.string(String(try column.number(Int64.self, at: position) ?? 0))
        }
    }

    private static func interval(
        _ column: Column, _ position: Int, _ unit: IntervalUnit, into writer: inout JSONWriter
    ) throws(ArrowError) {
        guard unit != .yearMonth else {
            writer.number(Int(try column.number(Int32.self, at: position) ?? 0))
            return
        }
        let bytes = try column.bytes(at: position) ?? Bytes()
        let first = Int(bytes.span.littleEndian(Int32.self, at: 0) ?? 0)
        let second = Int(bytes.span.littleEndian(Int32.self, at: 4) ?? 0)
        writer.beginObject()
        writer.key(unit == .dayTime ? "days" : "months")
        writer.number(first)
        writer.key(unit == .dayTime ? "milliseconds" : "days")
        writer.number(second)
        if unit == .monthDayNano {
            writer.key("nanoseconds")
            writer.string(String(bytes.span.littleEndian(Int64.self, at: 8) ?? 0))
        }
        writer.endObject()
    }

    private static func encoded(
        _ column: Column, _ position: Int, _ budget: inout ValueBudget,
        into writer: inout JSONWriter
    ) throws(ArrowError) {
        let place = try column.resolved(at: position)
        guard case .union = column.type else {
            try value(place.column, place.position, &budget, into: &writer)
            return
        }
        writer.beginArray()
        writer.number(Int(try column.typeCode(at: position)))
        try value(place.column, place.position, &budget, into: &writer)
        writer.endArray()
    }

    private static func nested(
        _ column: Column, _ position: Int, _ budget: inout ValueBudget,
        into writer: inout JSONWriter
    ) throws(ArrowError) {
        if case .structure = column.type {
            writer.beginArray()
            try budget.take(column.children.count)
            for child in column.children { try value(child, position, &budget, into: &writer) }
            writer.endArray()
        } else if let items = try column.list(at: position) {
            try self.items(items, &budget, into: &writer)
        }
    }
}
