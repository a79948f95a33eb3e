internal import BridgeBytes

/// Lists what a record batch message says and carries: a node per field and the buffers of each,
/// in pre-order, as the format wants them.
///
/// The buffers are the columns' own memory. Only what a slice makes unfit is made anew: bits that
/// begin inside a byte, and offsets that do not begin at zero.
struct BatchEncoder {
    private(set) var nodes: [(Int, Int)] = []
    private(set) var buffers: [Bytes] = []

    init(_ batch: RecordBatch) throws(ArrowError) {
        for (field, column) in zip(batch.schema.fields, batch.columns) {
            do throws(ArrowError) { try append(column) } catch {
                var error = error
                error.field = field.name
                throw error
            }
        }
    }

    private mutating func append(_ column: Column) throws(ArrowError) {
        let nulls = column.nullCount
        nodes.append((column.count, nulls))
        if column.type.layout == .null { return }
        if nulls > 0, let validity = column.validity {
            buffers.append(validity.aligned)
        } else {
            buffers.append(Bytes())
        }
        var children = column.children
        switch column.storage {
        case .none: break
        case .bits(let bits): buffers.append(bits.aligned)
        case .values(let bytes): buffers.append(bytes)
        case .offsets(let offsets, let data):
            let used = try used(of: column, offsets)
            buffers.append(rebased(column, offsets, by: used.lowerBound))
            if case .variable = column.type.layout { buffers.append(data[used]) }
            children = children.map { $0[used] }
        }
        for child in children { try append(child) }
    }

    /// The part of the data, or of the child, that the offsets cover.
    private func used(of column: Column, _ offsets: Bytes) throws(ArrowError) -> Range<Int> {
        guard column.count > 0 else { return 0..<0 }
        return try column.range(at: 0).lowerBound..<column.range(at: column.count - 1).upperBound
    }

    private func rebased(_ column: Column, _ offsets: Bytes, by first: Int) -> Bytes {
        let width =
            switch column.type.layout {
            case .variable(let width), .list(let width): width
            default: 4
            }
        guard column.count > 0 else { return Bytes([UInt8](repeating: 0, count: width)) }
        guard first != 0 else { return offsets }
        var writer = ByteWriter(capacity: offsets.count)
        let span = offsets.span
        for position in 0...column.count {
            let offset = (Column.offset(span, width: width, at: position) ?? 0) &- first
            if width == 4 {
                writer.append(littleEndian: Int32(truncatingIfNeeded: offset))
            } else {
                writer.append(littleEndian: Int64(offset))
            }
        }
        return writer.finish()
    }
}
