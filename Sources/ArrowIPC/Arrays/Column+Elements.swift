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
        let width = type.alignment
        let bounds: (start: Int?, end: Int?)
        switch storage {
        case .none:
            guard case .fixedList(let size) = type.layout else { throw mismatch("lists") }
            return position * size..<(position + 1) * size
        case .offsets(let offsets, _):
            let span = offsets.span
            bounds.start = Self.offset(span, width: width, at: position)
            bounds.end = Self.offset(span, width: width, at: position + 1)
        case .listViews(let offsets, let sizes):
            bounds.start = Self.offset(offsets.span, width: width, at: position)
            let size = Self.offset(sizes.span, width: width, at: position)
            guard let start = bounds.start, let size else { throw badOffsets(position) }
            let (end, overflow) = start.addingReportingOverflow(size)
            bounds.end = overflow ? nil : end
        default: throw mismatch("lists")
        }
        guard let start = bounds.start, let end = bounds.end,
            start >= 0, start <= end, end <= rangeLimit
        else { throw badOffsets(position) }
        return start..<end
    }

    /// The part of the data, or of the child, that the offsets of all values cover.
    func usedRange() throws(ArrowError) -> Range<Int> {
        guard count > 0 else { return 0..<0 }
        let start = try range(at: 0).lowerBound
        let end = try range(at: count - 1).upperBound
        guard start <= end else { throw badOffsets(0) }
        return start..<end
    }

    /// Size of what offsets point into.
    private var rangeLimit: Int {
        if case .offsets(_, let data) = storage, case .variable = type.layout { return data.count }
        return children.first?.count ?? 0
    }

    func badOffsets(_ position: Int) -> ArrowError {
        ArrowError(
            .invalidData, stage: .column,
            "the offsets of value \(position) of a column of \(type) are out of order or range")
    }

    /// The bytes of a text or binary value, without a copy; nil when it is null.
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data.
    public func bytes(at position: Int) throws(ArrowError) -> Bytes? {
        if isNull(at: position) { return nil }
        switch (storage, type.layout) {
        case (.offsets(_, let data), .variable): return data[try range(at: position)]
        case (.views(let views, let data), _):
            return try view(views[position * 16..<(position + 1) * 16], data, position)
        case (.values(let bytes), .fixedWidth(let width)):
            return bytes[position * width..<(position + 1) * width]
        default: throw mismatch("bytes")
        }
    }

    /// The bytes that a view stands for: up to 12 lie in the view itself.
    private func view(
        _ view: Bytes, _ data: [Bytes], _ position: Int
    ) throws(ArrowError) -> Bytes {
        let span = view.span
        let size = Int(span.littleEndian(Int32.self, at: 0) ?? -1)
        guard size >= 0 else { throw badOffsets(position) }
        if size <= 12 { return view[4..<4 + size] }
        let buffer = Int(span.littleEndian(Int32.self, at: 8) ?? -1)
        let start = Int(span.littleEndian(Int32.self, at: 12) ?? -1)
        guard buffer >= 0, buffer < data.count, start >= 0, start + size <= data[buffer].count
        else { throw badOffsets(position) }
        return data[buffer][start..<start + size]
    }

    /// Whether the values are text.
    var isText: Bool { type == .utf8 || type == .largeUTF8 || type == .utf8View }

    /// A text value; nil when it is null.
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data;
    ///   `invalidUTF8`.
    public func text(at position: Int) throws(ArrowError) -> String? {
        guard isText else { throw mismatch("text") }
        guard let bytes = try bytes(at: position) else { return nil }
        guard let text = String(validating: bytes) else {
            throw ArrowError(
                .invalidUTF8, stage: .column, "the text of value \(position) is not valid UTF-8")
        }
        return text
    }

    /// The number at a position; nil when it is null.
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values.
    public func number<T: ArrowPrimitive>(
        _ type: T.Type, at position: Int
    ) throws(ArrowError) -> T? {
        let values = try span(as: T.self)
        return isNull(at: position) ? nil : values[position]
    }

    /// The items of a list or map value, without a copy; nil when it is null.
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data.
    public func list(at position: Int) throws(ArrowError) -> Column? {
        if isNull(at: position) { return nil }
        let range = try range(at: position)
        guard let items = children.first else { throw mismatch("lists") }
        return items[range]
    }
}
