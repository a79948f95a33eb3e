internal import BridgeBytes

/// The columns of a batch or of a structure, by name.
final class RecordView {
    let columns: [Column]
    let names: [String]
    private let plain: [PlainColumn]
    private let positions: [String: Int]
    private var views: [Int: RecordView] = [:]
    /// The column that was asked for last: keys are asked for in the order of the columns in most
    /// rows, so the next one is looked for here first. With equal names the first one counts.
    private var last = 0

    init(_ fields: [Field], _ columns: [Column]) {
        self.columns = columns
        names = fields.map(\.name)
        plain = columns.map { PlainColumn($0) }
        positions = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    }

    func position(of name: String) -> Int? {
        guard positions.count == names.count else { return positions[name] }
        let guess = last
        if guess < names.count, names[guess] == name { return guess }
        let next = guess + 1 < names.count ? guess + 1 : 0
        if next < names.count, names[next] == name {
            last = next
            return next
        }
        guard let position = positions[name] else { return nil }
        last = position
        return position
    }

    /// The view of a column of structures.
    func view(_ position: Int) -> RecordView? {
        if let view = views[position] { return view }
        let column = columns[position]
        guard case .structure(let fields) = column.type else { return nil }
        let view = RecordView(fields, column.children)
        views[position] = view
        return view
    }
}

// MARK: - Values that are read in place

extension RecordView {
    /// What a column says of a key at once.
    enum Answer<Value> {
        case value(Value)
        /// A null, or no such column.
        case absent
        /// More is to be done: the column holds other values, or invalid ones.
        case other
    }

    /// The number under a name.
    @inline(__always) func number<T: ArrowPrimitive>(
        _: T.Type, _ name: String, _ row: Int
    ) -> Answer<T> {
        guard let position = position(of: name) else { return .absent }
        return plain[position].number(T.self, at: row)
    }

    /// The boolean under a name.
    func bool(_ name: String, _ row: Int) -> Answer<Bool> {
        guard let position = position(of: name) else { return .absent }
        return plain[position].bool(at: row)
    }

    /// The text under a name.
    func text(_ name: String, _ row: Int) -> Answer<String> {
        guard let position = position(of: name) else { return .absent }
        return plain[position].text(at: row)
    }
}

/// A column of the most frequent types, reduced to what reading one value takes.
private struct PlainColumn {
    private let content: Content
    private let validity: Bitmap?

    private enum Content {
        /// Numbers of a Swift type, aligned.
        case numbers(ObjectIdentifier, Bytes)
        case bits(Bitmap)
        /// Text with offsets of 32 bits.
        case text(offsets: Bytes, data: Bytes)
        case other
    }

    init(_ column: Column) {
        validity = column.validity
        switch (column.type, column.storage) {
        case (.bool, .bits(let bits)): content = .bits(bits)
        case (.utf8, .offsets(let offsets, let data)):
            content = .text(offsets: offsets, data: data)
        case (let type, .values(let bytes)):
            content = Self.number(type).map { .numbers($0, bytes) } ?? .other
        default: content = .other
        }
    }

    /// The Swift type of the numbers of a column.
    private static func number(_ type: DataType) -> ObjectIdentifier? {
        switch type {
        case .int8: ObjectIdentifier(Int8.self)
        case .int16: ObjectIdentifier(Int16.self)
        case .uint8: ObjectIdentifier(UInt8.self)
        case .uint16: ObjectIdentifier(UInt16.self)
        case .uint32: ObjectIdentifier(UInt32.self)
        case .uint64: ObjectIdentifier(UInt64.self)
        case .float32: ObjectIdentifier(Float.self)
        case .float64: ObjectIdentifier(Double.self)
        case _ where Int32.represents(type): ObjectIdentifier(Int32.self)
        case _ where Int64.represents(type): ObjectIdentifier(Int64.self)
        default: nil
        }
    }

    private func isNull(_ row: Int) -> Bool { validity.map { !$0[row] } ?? false }

    @inline(__always) func number<T: ArrowPrimitive>(
        _: T.Type, at row: Int
    ) -> RecordView.Answer<T> {
        guard case .numbers(let type, let bytes) = content, type == ObjectIdentifier(T.self) else {
            return .other
        }
        if isNull(row) { return .absent }
        let offset = row * MemoryLayout<T>.stride
        // Sound: the bytes are numbers of this type, checked above, for which any bits are valid;
        // the bounds are checked by the call.
        let value = unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
        return .value(value)
    }

    func bool(at row: Int) -> RecordView.Answer<Bool> {
        guard case .bits(let bits) = content else { return .other }
        return isNull(row) ? .absent : .value(bits[row])
    }

    func text(at row: Int) -> RecordView.Answer<String> {
        guard case .text(let offsets, let data) = content else { return .other }
        if isNull(row) { return .absent }
        let span = offsets.span
        guard let start = span.littleEndian(Int32.self, at: row * 4).map(Int.init),
            let end = span.littleEndian(Int32.self, at: row * 4 + 4).map(Int.init),
            start >= 0, start <= end, end <= data.count,
            let text = String(validating: data[start..<end])
        else { return .other }
        return .value(text)
    }
}
