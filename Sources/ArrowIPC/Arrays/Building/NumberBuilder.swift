internal import BridgeBytes

/// Builds a column of numbers, one value at a time, in the memory that the column will have.
///
///     var prices = NumberBuilder<Double>(capacity: rows)
///     for row in 0..<rows { prices.append(price(row)) }
///     let column = prices.finish()
///
/// Memory grows by doubling beyond the capacity. For a block of numbers in one go there is
/// `Column.init(capacity:of:initializing:)`.
@safe public struct NumberBuilder<T: ArrowPrimitive>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<T>
    @usableFromInline var room: Int
    @usableFromInline var filled = 0
    private var region: ByteRegion
    private var validity = ValidityBuilder()
    private let type: DataType

    /// A builder of a column of the type that such numbers have.
    public init(capacity: Int = 0) { self.init(capacity: capacity, type: T.arrowType) }

    /// A builder of a column of another type with the same numbers, such as a timestamp.
    /// Traps when `T` does not represent the type.
    public init(capacity: Int = 0, type: DataType) {
        precondition(T.represents(type), "a column of \(type) does not hold such numbers")
        let region = ByteRegion(capacity: max(capacity, 16) * MemoryLayout<T>.stride)
        self.region = region
        self.type = type
        room = region.capacity / MemoryLayout<T>.stride
        // Sound: the memory is ours, aligned for any number, and numbers are trivial.
        unsafe base = region.base.bindMemory(to: T.self, capacity: room)
    }

    /// Number of values appended, nulls counted.
    @inlinable public var count: Int { filled }

    /// Appends a number.
    @inlinable public mutating func append(_ value: T) {
        if filled == room { grow() }
        // Sound: `filled < room`, and nobody else sees the memory before `finish`.
        unsafe base[filled] = value
        filled += 1
    }

    /// Appends a number, or a null for nil.
    @inlinable public mutating func append(_ value: T?) {
        guard let value else { return appendNull() }
        append(value)
    }

    /// Appends a null.
    public mutating func appendNull() {
        if count == room { grow() }
        validity.appendNull(at: count)
        // Zero, so that no memory of the process leaves with the column.
        unsafe UnsafeMutableRawPointer(base + count).initializeMemory(
            as: UInt8.self, repeating: 0, count: MemoryLayout<T>.stride)
        filled += 1
    }

    @usableFromInline mutating func grow() {
        let larger = ByteRegion(capacity: region.capacity * 2)
        unsafe larger.base.copyMemory(
            from: region.base, byteCount: count * MemoryLayout<T>.stride)
        region = larger
        room = larger.capacity / MemoryLayout<T>.stride
        unsafe base = larger.base.bindMemory(to: T.self, capacity: room)
    }

    /// The column of what was appended, without a copy.
    public consuming func finish() -> Column {
        Column(
            type, count: count, validity: validity.finish(count: count),
            storage: .values(Bytes(region, 0..<count * MemoryLayout<T>.stride)))
    }
}

/// Collects validity bits; costs nothing until the first null.
struct ValidityBuilder {
    private var bytes: [UInt8] = []

    mutating func appendNull(at position: Int) {
        let index = position / 8
        while bytes.count <= index { bytes.append(0xFF) }
        bytes[index] &= ~(1 << UInt8(truncatingIfNeeded: position % 8))
    }

    /// The bits of `count` values; nil when none is null.
    func finish(count: Int) -> Bitmap? {
        guard !bytes.isEmpty else { return nil }
        var writer = ByteWriter(capacity: (count + 7) / 8)
        writer.append(bytes)
        writer.append(repeating: 0xFF, count: (count + 7) / 8 - bytes.count)
        return Bitmap(writer.finish(), count: count)
    }
}
