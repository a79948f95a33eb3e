internal import BridgeBytes

/// Builds a column of booleans, one value at a time.
public struct BoolBuilder: ~Copyable {
    private var bytes: ByteWriter
    private var pending: UInt8 = 0
    private var validity = ValidityBuilder()
    /// Number of values appended, nulls counted.
    public private(set) var count = 0

    /// A builder with room for `capacity` values.
    public init(capacity: Int = 0) { bytes = ByteWriter(capacity: capacity / 8 + 1) }

    /// Appends a boolean.
    public mutating func append(_ value: Bool) {
        let bit = UInt8(truncatingIfNeeded: count % 8)
        if value { pending |= 1 << bit }
        count += 1
        if bit == 7 {
            bytes.append(pending)
            pending = 0
        }
    }

    /// Appends a boolean, or a null for nil.
    public mutating func append(_ value: Bool?) {
        if value == nil { validity.appendNull(at: count) }
        append(value ?? false)
    }

    /// Appends a null.
    public mutating func appendNull() { append(nil as Bool?) }

    /// The column of what was appended, without a copy.
    public consuming func finish() -> Column {
        if count % 8 != 0 { bytes.append(pending) }
        let count = count
        let validity = validity.finish(count: count)
        return Column(
            .bool, count: count, validity: validity,
            storage: .bits(Bitmap(bytes.finish(), count: count)))
    }
}
