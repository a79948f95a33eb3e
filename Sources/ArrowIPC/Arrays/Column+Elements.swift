public import BridgeBytes

/// Single values, each checked on access: for printing, for conversion to other forms and for
/// picking. Loops over a whole column are faster over the views (`values`, `texts`, `lists`),
/// which check once.
extension Column {
    /// The offset at a position of the offsets buffer.
    static func offset(_ offsets: Span<UInt8>, width: Int, at position: Int) -> Int? {
        if width == 4 {
            return offsets.littleEndian(Int32.self, at: position * 4).map { Int($0) }
        }
        return offsets.littleEndian(Int64.self, at: position * 8).map { Int($0) }
    }

    /// Where the value at a position lies in the data or in the child.
    package func range(at position: Int) throws(ArrowError) -> Range<Int> {
        precondition(position >= 0 && position < count, "position outside the column")
        let width: Int
        let limit: Int
        guard case .offsets(let offsets, let data) = storage else {
            if case .fixedList(let size) = type.layout {
                return position * size..<(position + 1) * size
            }
            throw mismatch("lists")
        }
        switch type.layout {
        case .variable(let offsetWidth): (width, limit) = (offsetWidth, data.count)
        case .list(let offsetWidth): (width, limit) = (offsetWidth, children[0].count)
        default: throw mismatch("lists")
        }
        guard let start = Self.offset(offsets.span, width: width, at: position),
            let end = Self.offset(offsets.span, width: width, at: position + 1),
            start >= 0, start <= end, end <= limit
        else { throw badOffsets(position) }
        return start..<end
    }

    func badOffsets(_ position: Int) -> ArrowError {
        ArrowError(
            .invalidData, stage: .column,
            "the offsets of value \(position) of a column of \(type) are out of order or range")
    }

    /// The bytes of a text or binary value, without a copy; nil when it is null.
    /// - Throws: `typeMismatch`; `invalidData` when the offsets are forged.
    public func bytes(at position: Int) throws(ArrowError) -> Bytes? {
        if isNull(at: position) { return nil }
        switch (storage, type.layout) {
        case (.offsets(_, let data), .variable): return data[try range(at: position)]
        case (.values(let bytes), .fixedWidth(let width)):
            return bytes[position * width..<(position + 1) * width]
        default: throw mismatch("bytes")
        }
    }

    /// A text value; nil when it is null.
    /// - Throws: `typeMismatch`; `invalidData` when the offsets are forged; `invalidUTF8`.
    public func text(at position: Int) throws(ArrowError) -> String? {
        guard type == .utf8 || type == .largeUTF8 else { throw mismatch("text") }
        guard let bytes = try bytes(at: position) else { return nil }
        guard let text = String(validating: bytes) else {
            throw ArrowError(
                .invalidUTF8, stage: .column, "the text of value \(position) is not valid UTF-8")
        }
        return text
    }

    /// The number at a position; nil when it is null.
    /// - Throws: `typeMismatch`.
    public func number<T: ArrowPrimitive>(
        _ type: T.Type, at position: Int
    ) throws(ArrowError) -> T? {
        let values = try values(as: T.self)
        return isNull(at: position) ? nil : values[position]
    }

    /// The items of a list or map value, without a copy; nil when it is null.
    /// - Throws: `typeMismatch`; `invalidData` when the offsets are forged.
    public func list(at position: Int) throws(ArrowError) -> Column? {
        if isNull(at: position) { return nil }
        let range = try range(at: position)
        guard let items = children.first else { throw mismatch("lists") }
        return items[range]
    }
}
