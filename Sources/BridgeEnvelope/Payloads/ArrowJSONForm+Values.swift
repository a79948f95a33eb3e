package import ArrowIPC
internal import BridgeBytes
package import BridgeJSON

extension ArrowJSONForm {
    /// Writes the array of a column's values.
    /// - Throws: `ArrowError` when the column's content is invalid; `cancelled` when the sink of
    ///   the output takes no more.
    package static func write(
        _ column: Column, into output: inout JSONPieces
    ) throws(ArrowError) {
        output.writer.beginArray()
        if try !numbers(column, into: &output) {
            for position in 0..<column.count {
                try value(column, position, into: &output)
                if position & 0x3F == 0 { try relieve(&output) }
            }
        }
        output.writer.endArray()
        try relieve(&output)
    }

    private static func relieve(_ output: inout JSONPieces) throws(ArrowError) {
        output.relieve()
        guard !output.isRefused else {
            throw ArrowError(.cancelled, stage: .write, "the output takes no more")
        }
    }

    /// Writes all values of a column of numbers that are read in place; false for any other.
    private static func numbers(
        _ column: Column, into output: inout JSONPieces
    ) throws(ArrowError) -> Bool {
        switch column.type {
        case .int8: try plain(Int8.self, column, into: &output) { $0.number(Int($1)) }
        case .int16: try plain(Int16.self, column, into: &output) { $0.number(Int($1)) }
        case .uint8: try plain(UInt8.self, column, into: &output) { $0.number(Int($1)) }
        case .uint16: try plain(UInt16.self, column, into: &output) { $0.number(Int($1)) }
        case .uint32: try plain(UInt32.self, column, into: &output) { $0.number(Int($1)) }
        case .int32, .date32, .time32:
            try plain(Int32.self, column, into: &output) { $0.number(Int($1)) }
        case .uint64: try plain(UInt64.self, column, into: &output) { $0.quoted($1) }
        case .int64, .date64, .time64, .timestamp, .duration:
            try plain(Int64.self, column, into: &output) { $0.quoted($1) }
        case .float16: try plain(Float16.self, column, into: &output) { float($1, into: &$0) }
        case .float32: try plain(Float.self, column, into: &output) { float($1, into: &$0) }
        case .float64: try plain(Double.self, column, into: &output) { float($1, into: &$0) }
        default: return false
        }
        return true
    }

    @inline(__always) private static func plain<T: ArrowPrimitive>(
        _ type: T.Type, _ column: Column, into output: inout JSONPieces,
        _ write: (inout JSONWriter, T) -> Void
    ) throws(ArrowError) {
        let values = try column.span(as: T.self)
        let validity = column.validity
        for position in values.indices {
            if let validity, !validity[position] {
                output.writer.null()
            } else {
                write(&output.writer, values[position])
            }
            if position & 0xFF == 0 { try relieve(&output) }
        }
    }

    private static func value(
        _ column: Column, _ position: Int, into output: inout JSONPieces
    ) throws(ArrowError) {
        if column.isNull(at: position) {
            output.writer.null()
            return
        }
        switch column.type {
        case .null: output.writer.null()
        case .bool: output.writer.bool(try column.bits()[position])
        case .utf8, .largeUTF8, .utf8View: try text(column, position, into: &output)
        case .binary, .largeBinary, .binaryView, .fixedSizeBinary:
            output.hex(try column.bytes(at: position) ?? Bytes())
        case .decimal, .int128, .uint128:
            output.writer.string(try column.decimalText(at: position) ?? "")
        case .interval(let unit): try interval(column, position, unit, into: &output.writer)
        case .union, .runEndEncoded, .dictionary: try encoded(column, position, into: &output)
        case .list, .largeList, .listView, .largeListView, .fixedSizeList, .structure, .map:
            try nested(column, position, into: &output)
        default: _ = try numbers(column[position..<position + 1], into: &output)
        }
    }

    private static func text(
        _ column: Column, _ position: Int, into output: inout JSONPieces
    ) throws(ArrowError) {
        let text = try column.bytes(at: position) ?? Bytes()
        guard UTF8Check.firstInvalid(in: text.span) == nil else {
            throw ArrowError(
                .invalidUTF8, stage: .column, "the text of value \(position) is not valid UTF-8")
        }
        output.text(text)
    }

    private static func float<T: BinaryFloatingPoint>(_ number: T, into writer: inout JSONWriter) {
        let number = Double(number)
        if number.isNaN {
            writer.string("NaN")
        } else if number.isInfinite {
            writer.string(number < 0 ? "-Infinity" : "Infinity")
        } else {
            writer.number(JSONNumber(checked: number.description))
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
            writer.quoted(bytes.span.littleEndian(Int64.self, at: 8) ?? 0)
        }
        writer.endObject()
    }

    private static func encoded(
        _ column: Column, _ position: Int, into output: inout JSONPieces
    ) throws(ArrowError) {
        let place = try column.resolved(at: position)
        guard case .union = column.type else {
            try value(place.column, place.position, into: &output)
            return
        }
        output.writer.beginArray()
        output.writer.number(Int(try column.typeCode(at: position)))
        try value(place.column, place.position, into: &output)
        output.writer.endArray()
    }

    private static func nested(
        _ column: Column, _ position: Int, into output: inout JSONPieces
    ) throws(ArrowError) {
        if case .structure = column.type {
            output.writer.beginArray()
            for child in column.children { try value(child, position, into: &output) }
            output.writer.endArray()
        } else if let items = try column.list(at: position) {
            try write(items, into: &output)
        }
    }
}
