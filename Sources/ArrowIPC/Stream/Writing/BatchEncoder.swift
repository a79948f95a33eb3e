internal import BridgeBytes

/// Lists what a record batch message says and carries: a node per field and the buffers of each,
/// in pre-order, as the format wants them.
///
/// The buffers are the columns' own memory. Only what a slice makes unfit is made anew: bits that
/// begin inside a byte, offsets that do not begin at zero, and the ends of cut runs.
struct BatchEncoder {
    /// A dictionary: its id, the type of its values, and their pieces; none when only nulls refer
    /// to it.
    typealias Dictionary = (id: Int64, value: DataType, chunks: [DictionaryChunk])

    private(set) var nodes: [(Int, Int)] = []
    private(set) var buffers: [Bytes] = []
    /// Numbers of data buffers of the columns of views.
    private(set) var variadicCounts: [Int64] = []
    /// The dictionaries that the columns need, in the order in which they are met.
    private(set) var dictionaries: [Dictionary] = []

    /// The codec of the buffers, once they are compressed.
    private(set) var codec: BodyCompression.Codec?

    private let options: WriteOptions
    /// Set bits, for columns that have no bitmap and must be written with one.
    private var ones = Bytes()

    init(_ batch: RecordBatch, options: WriteOptions) throws(ArrowError) {
        self.options = options
        for (field, column) in zip(batch.schema.fields, batch.columns) {
            do throws(ArrowError) { try append(column) } catch {
                var error = error
                error.stage = .write
                error.field = field.name
                throw error
            }
        }
    }

    /// What a dictionary message carries.
    init(_ chunk: DictionaryChunk, options: WriteOptions) throws(ArrowError) {
        self.options = options
        try append(chunk.values)
    }

    /// Compresses the buffers, if the options say so. They are new memory then.
    mutating func compress() {
        switch options.compression {
        case .none: break
        case .lz4: compress(with: .lz4Frame)
        case .zstandard: compress(with: .zstandard)
        }
    }

    private mutating func compress(with codec: BodyCompression.Codec) {
        self.codec = codec
        for index in buffers.indices { buffers[index] = Self.compressed(buffers[index], codec) }
    }

    /// The length and the compressed bytes, or -1 and the bytes as they are where those are
    /// smaller; nothing where there is nothing.
    private static func compressed(_ buffer: Bytes, _ codec: BodyCompression.Codec) -> Bytes {
        guard !buffer.isEmpty else { return buffer }
        let limit = buffer.count - 1
        let frame =
            switch codec {
            case .lz4Frame: LZ4FrameEncoder.compress(buffer.span, limit: limit)
            case .zstandard: ZstandardFrameEncoder.compress(buffer.span, limit: limit)
            }
        var writer = ByteWriter(capacity: 8 + (frame ?? buffer).count)
        writer.append(littleEndian: frame == nil ? -1 : Int64(buffer.count))
        writer.append(frame ?? buffer)
        return writer.finish()
    }

    private mutating func append(_ column: Column) throws(ArrowError) {
        let nulls = column.nullCount
        nodes.append((column.count, nulls))
        switch column.type.layout {
        case .null, .union, .runs: break
        default:
            buffers.append(validity(of: column, nulls: nulls))
        }
        for child in try appendBuffers(of: column) { try append(child) }
    }

    /// The bitmap of a column; none when nothing is null and no reader needs one.
    private mutating func validity(of column: Column, nulls: Int) -> Bytes {
        if nulls > 0, let validity = column.validity { return validity.aligned }
        guard options.alwaysWritesValidity else { return Bytes() }
        let size = column.count / 8 + (column.count % 8 == 0 ? 0 : 1)
        if ones.count < size {
            var writer = ByteWriter(capacity: size)
            writer.append(repeating: 0xFF, count: size)
            ones = writer.finish()
        }
        return ones[0..<size]
    }

    /// Appends a column's own buffers but the validity. Returns the children to go on with.
    private mutating func appendBuffers(of column: Column) throws(ArrowError) -> [Column] {
        switch column.storage {
        case .none: break
        case .bits(let bits): buffers.append(bits.aligned)
        case .values(let bytes): buffers.append(bytes)
        case .offsets(let offsets, let data):
            let used = try column.usedRange()
            buffers.append(rebased(column, offsets, by: used.lowerBound))
            guard case .list = column.type.layout else {
                buffers.append(data[used])
                break
            }
            return column.children.map { $0[used] }
        case .views(let views, let data):
            buffers.append(views)
            buffers += data
            variadicCounts.append(Int64(data.count))
        case .listViews(let offsets, let sizes): buffers += [offsets, sizes]
        case .union(let codes, let offsets):
            buffers.append(codes)
            if case .union(.dense) = column.type.layout { buffers.append(offsets) }
        case .runs(let start): return try cutRuns(of: column, start: start)
        case .indices(let indices, let chunks):
            buffers.append(indices)
            if case .dictionary(_, let value, _, let id) = column.type {
                dictionaries.append((id, value, chunks))
            }
        }
        return column.children
    }

    private func rebased(_ column: Column, _ offsets: Bytes, by first: Int) -> Bytes {
        let width = column.type.alignment
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

    /// Run ends and values of the rows that a slice kept.
    private func cutRuns(of column: Column, start: Int) throws(ArrowError) -> [Column] {
        let ends = column.children[0]
        guard column.count > 0 else { return column.children.map { $0[0..<0] } }
        guard let first = try column.runIndex(of: start),
            let last = try column.runIndex(of: start + column.count - 1), first <= last,
            last < column.children[1].count
        else { throw column.invalid(0, "no run covers the row") }
        if start == 0 {
            return column.children.map { $0[0..<last + 1] }
        }
        var cut = ByteWriter(capacity: (last - first + 1) * ends.type.fixedWidth)
        for run in first...last {
            let end = min(try column.runEnd(run) - start, column.count)
            switch ends.type {
            case .int16: cut.append(littleEndian: Int16(truncatingIfNeeded: end))
            case .int32: cut.append(littleEndian: Int32(truncatingIfNeeded: end))
            default: cut.append(littleEndian: Int64(end))
            }
        }
        let newEnds = Column(
            ends.type, count: last - first + 1, validity: nil, storage: .values(cut.finish()))
        return [newEnds, column.children[1][first..<last + 1]]
    }
}
