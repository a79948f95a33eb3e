internal import BridgeBytes

/// Makes the columns of a record batch out of a verified head and a body.
///
/// ## Theory of operation
/// A batch head lists, for all fields in pre-order, a node (length, null count) per field and
/// the buffers (offset, length in the body) of each. The decoder walks the schema with one cursor
/// over the nodes and one over the buffers. Each (offset, length) is checked against the body,
/// each length against the rows it must hold, before a view is made of it; the body itself is
/// not read. Buffers may be longer than needed (padding), and empty where they would hold
/// nothing: validity without nulls, anything without rows.
struct BatchDecoder {
    private let head: FlatTable
    private let body: Bytes
    /// Where the message lies in the input, for error messages.
    private let base: Int
    private let limits: ArrowLimits
    private let nodes: (count: Int, start: Int)
    private let buffers: (count: Int, start: Int)
    private var nextNode = 0
    private var nextBuffer = 0

    private init(head: FlatTable, body: Bytes, base: Int, limits: ArrowLimits) {
        self.head = head
        self.body = body
        self.base = base
        self.limits = limits
        nodes = head.vector(1) ?? (0, 0)
        buffers = head.vector(2) ?? (0, 0)
    }

    /// The batch of a `RecordBatch` table.
    static func decode(
        _ head: FlatTable, body: Bytes, schema: Schema, metadata: Metadata, base: Int,
        limits: ArrowLimits
    ) throws(ArrowError) -> RecordBatch {
        var decoder = BatchDecoder(head: head, body: body, base: base, limits: limits)
        if let compression = head.table(3) {
            let codec = compression.scalar(0, default: UInt8(0)) == 1 ? "ZSTD" : "LZ4_FRAME"
            throw ArrowError(
                .unsupportedFeature, stage: .batch, offset: base,
                "the body is compressed with \(codec); only uncompressed bodies are read")
        }
        let rows = head.scalar(0, default: Int64(0))
        guard rows >= 0 else { throw decoder.fail("", "the number of rows is negative") }
        var columns: [Column] = []
        for field in schema.fields {
            let column = try decoder.column(field, path: field.name, depth: 0)
            guard column.count == rows else {
                throw decoder.fail(
                    field.name, "the column has \(column.count) values and the batch \(rows) rows")
            }
            columns.append(column)
        }
        if columns.isEmpty { try decoder.checkRowsWithoutData(Int(rows), path: "") }
        return RecordBatch(
            schema: schema, columns: columns, count: Int(rows), metadata: metadata)
    }

    private func fail(_ path: String, _ message: String) -> ArrowError {
        ArrowError(.invalidBatch, stage: .batch, offset: base, field: path, message)
    }

    private func checkRowsWithoutData(_ rows: Int, path: String) throws(ArrowError) {
        guard rows <= limits.maxRowsWithoutData else {
            throw ArrowError(
                .limitExceeded, stage: .batch, offset: base, field: path,
                "\(rows) rows without data are over the limit of \(limits.maxRowsWithoutData)")
        }
    }

    /// The next node: number of values and number of nulls.
    private mutating func node(_ path: String) throws(ArrowError) -> (count: Int, nulls: Int) {
        guard nextNode < nodes.count else { throw fail(path, "the batch has too few nodes") }
        let position = nodes.start + 16 * nextNode
        nextNode += 1
        let span = head.bytes.span
        guard let count = span.littleEndian(Int64.self, at: position),
            let nulls = span.littleEndian(Int64.self, at: position + 8),
            count >= 0, nulls >= 0, nulls <= count
        else { throw fail(path, "the counts of a node are impossible") }
        return (Int(count), Int(nulls))
    }

    /// The next buffer, checked to lie inside the body.
    private mutating func buffer(_ path: String) throws(ArrowError) -> Bytes {
        guard nextBuffer < buffers.count else { throw fail(path, "the batch has too few buffers") }
        let position = buffers.start + 16 * nextBuffer
        nextBuffer += 1
        let span = head.bytes.span
        guard let offset = span.littleEndian(Int64.self, at: position),
            let length = span.littleEndian(Int64.self, at: position + 8),
            offset >= 0, length >= 0, length <= body.count, offset <= body.count - Int(length)
        else { throw fail(path, "a buffer lies outside the body of \(body.count) bytes") }
        return body[Int(offset)..<Int(offset + length)]
    }

    /// The next buffer, which must hold `count` values of `width` bytes; cut to that size.
    private mutating func buffer(
        _ path: String, of count: Int, width: Int, alignment: Int
    ) throws(ArrowError) -> Bytes {
        let bytes = try buffer(path)
        let (size, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow, size <= bytes.count else {
            throw fail(path, "a buffer of \(bytes.count) bytes is too short for \(count) values")
        }
        return bytes[0..<size].aligned(to: alignment)
    }

    private mutating func validity(
        _ path: String, count: Int, nulls: Int
    ) throws(ArrowError) -> Bitmap? {
        let bytes = try buffer(path)
        guard nulls > 0 else { return nil }
        guard bytes.count >= count / 8 + (count % 8 == 0 ? 0 : 1) else {
            throw fail(path, "the validity bitmap is too short for \(count) values")
        }
        return Bitmap(bytes, count: count)
    }

    private mutating func column(
        _ field: Field, path: String, depth: Int
    ) throws(ArrowError) -> Column {
        let (count, nulls) = try node(path)
        let type = field.type
        if type.layout == .null {
            try checkRowsWithoutData(count, path: path)
            return Column(type, count: count, validity: nil, storage: .none)
        }
        let validity = try validity(path, count: count, nulls: nulls)
        let storage = try storage(type, count: count, path: path)
        var children: [Column] = []
        for child in type.children {
            children.append(try column(child, path: "\(path).\(child.name)", depth: depth + 1))
        }
        children = try fit(children, to: type, count: count, path: path)
        return Column(type, count: count, validity: validity, storage: storage, children: children)
    }

    private mutating func storage(
        _ type: DataType, count: Int, path: String
    ) throws(ArrowError) -> Column.Storage {
        switch type.layout {
        case .bits:
            let bytes = try buffer(path)
            guard bytes.count >= count / 8 + (count % 8 == 0 ? 0 : 1) else {
                throw fail(path, "a buffer of \(bytes.count) bytes is too short for \(count) bits")
            }
            return .bits(Bitmap(bytes, count: count))
        case .fixedWidth(let width):
            if width == 0 { try checkRowsWithoutData(count, path: path) }
            return .values(
                try buffer(path, of: count, width: width, alignment: type.alignment))
        case .variable(let width):
            let offsets = try self.offsets(count: count, width: width, path: path)
            return .offsets(offsets, data: try buffer(path))
        case .list(let width):
            return .offsets(
                try offsets(count: count, width: width, path: path), data: Bytes())
        case .fixedList, .structure, .null, .unsupported: return .none
        }
    }

    private mutating func offsets(
        count: Int, width: Int, path: String
    ) throws(ArrowError) -> Bytes {
        let number = count == 0 ? 0 : count.addingReportingOverflow(1).partialValue
        guard number >= 0 else { throw fail(path, "the number of values is impossible") }
        return try buffer(path, of: number, width: width, alignment: width)
    }

    /// Children of structures and of lists of one size have as many values as the parent needs.
    private func fit(
        _ children: [Column], to type: DataType, count: Int, path: String
    ) throws(ArrowError) -> [Column] {
        let needed: Int
        switch type.layout {
        case .structure:
            if children.isEmpty { try checkRowsWithoutData(count, path: path) }
            needed = count
        case .fixedList(let size):
            if size == 0 { try checkRowsWithoutData(count, path: path) }
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            needed = overflow ? Int.max : product
        default: return children
        }
        var fitted: [Column] = []
        for child in children {
            guard child.count >= needed else {
                throw fail(path, "a child has \(child.count) values where \(needed) are needed")
            }
            fitted.append(child[0..<needed])
        }
        return fitted
    }
}
