public import BridgeBytes

/// Builds a column of text or bytes, one value at a time, in the memory that it will have.
///
/// A column of `utf8` or `binary` holds at most 2 GiB. One that outgrows them becomes a column of
/// the large type, whose offsets are rewritten then.
public struct TextBuilder: ~Copyable {
    private var data: ByteWriter
    private var offsets: ByteWriter
    private var validity = ValidityBuilder()
    /// The type of the column as it stands now.
    public private(set) var type: DataType
    private var isLarge: Bool
    /// The last offset that the narrow offsets may state.
    private let narrowLimit: Int
    /// Number of values appended, nulls counted.
    public private(set) var count = 0

    /// A builder of a column of `utf8`, `large_utf8`, `binary` or `large_binary`.
    /// - Parameters:
    ///   - capacity: Number of values to make room for.
    ///   - bytesPerValue: Their expected mean size.
    ///   - type: The type of the column.
    public init(capacity: Int = 0, bytesPerValue: Int = 8, type: DataType = .utf8) {
        self.init(
            capacity: capacity, bytesPerValue: bytesPerValue, type: type,
            narrowLimit: Int(Int32.max))
    }

    /// - Parameter narrowLimit: For tests, which have no 2 GiB to spare.
    package init(capacity: Int = 0, bytesPerValue: Int = 8, type: DataType, narrowLimit: Int) {
        guard case .variable(let width) = type.layout else {
            preconditionFailure("a column of \(type) does not hold text or bytes")
        }
        self.type = type
        isLarge = width == 8
        self.narrowLimit = narrowLimit
        data = ByteWriter(capacity: capacity * bytesPerValue)
        offsets = ByteWriter(capacity: (capacity + 1) * width)
        appendOffset()
    }

    /// Size of the text and bytes appended.
    var byteCount: Int { data.count }

    private mutating func appendOffset() {
        if !isLarge, data.count > narrowLimit { widen() }
        if isLarge {
            offsets.append(littleEndian: Int64(data.count))
        } else {
            offsets.append(littleEndian: Int32(truncatingIfNeeded: data.count))
        }
    }

    private mutating func widen() {
        var wide = ByteWriter(capacity: 2 * offsets.count + 8)
        for position in stride(from: 0, to: offsets.count, by: 4) {
            wide.append(
                littleEndian: Int64(offsets.span.littleEndian(Int32.self, at: position) ?? 0))
        }
        swap(&offsets, &wide)
        isLarge = true
        type = type == .utf8 ? .largeUTF8 : .largeBinary
    }

    /// Appends text.
    public mutating func append(_ text: String) {
        data.append(utf8: text)
        endValue()
    }

    /// Appends text, or a null for nil.
    public mutating func append(_ text: String?) {
        guard let text else { return appendNull() }
        append(text)
    }

    /// Appends bytes. In a column of text they must be UTF-8: readers may refuse others.
    public mutating func append(_ bytes: Span<UInt8>) {
        data.append(bytes)
        endValue()
    }

    /// Appends bytes, or a null for nil. In a column of text they must be UTF-8.
    public mutating func append(_ bytes: Bytes?) {
        guard let bytes else { return appendNull() }
        append(bytes.span)
    }

    private mutating func endValue() {
        appendOffset()
        count += 1
    }

    /// Appends a null.
    public mutating func appendNull() {
        validity.appendNull(at: count)
        endValue()
    }

    /// The column of what was appended, without a copy.
    public consuming func finish() -> Column {
        let count = count
        let validity = validity.finish(count: count)
        let type = type
        return Column(
            type, count: count, validity: validity,
            storage: .offsets(count == 0 ? Bytes() : offsets.finish(), data: data.finish()))
    }
}
