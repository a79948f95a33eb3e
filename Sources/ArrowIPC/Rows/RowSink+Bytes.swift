internal import BridgeBytes

/// Values of one width that are no numbers of Swift: decimals, fixed-size binary, intervals and
/// whole numbers of 128 bits.
final class FixedWidthSink: RowSink {
    let type: DataType
    private let width: Int
    /// The value as the type holds it; nil when it does not, or not exactly.
    private let encode: (ArrowScalar) -> [UInt8]?
    private var data = ByteWriter()
    private var validity = ValidityBuilder()
    private(set) var count = 0

    private init(_ type: DataType, _ encode: @escaping (ArrowScalar) -> [UInt8]?) {
        self.type = type
        width = type.fixedWidth
        self.encode = encode
    }

    /// The sink of a type; nil for types that are none of these.
    static func make(_ type: DataType) -> FixedWidthSink? {
        switch type {
        case .decimal(let width, let precision, let scale):
            FixedWidthSink(type) { decimal($0, width, precision, scale) }
        case .int128: FixedWidthSink(type) { wide($0) { Int128($0) } }
        case .uint128: FixedWidthSink(type) { wide($0) { UInt128($0) } }
        case .interval(let unit) where unit != .yearMonth:
            FixedWidthSink(type) { interval($0, unit) }
        case .interval: FixedWidthSink(type, months)
        case .fixedSizeBinary(let width):
            FixedWidthSink(type) { value in
                guard case .bytes(let bytes) = value, bytes.count == width else { return nil }
                return [UInt8](bytes)
            }
        default: nil
        }
    }

    func appendNull() {
        validity.appendNull(at: count)
        data.append(repeating: 0, count: width)
        count += 1
    }

    func append(_ value: ArrowScalar) -> Bool {
        guard let bytes = encode(value) else { return false }
        data.append(bytes)
        count += 1
        return true
    }

    func finish() -> Column {
        var full = ByteWriter()
        swap(&data, &full)
        return Column(
            type, count: count, validity: validity.finish(count: count),
            storage: .values(full.finish()))
    }

    private static func decimal(
        _ value: ArrowScalar, _ width: DecimalWidth, _ precision: Int, _ scale: Int
    ) -> [UInt8]? {
        let text: String
        switch value {
        case .text(let digits): text = digits
        case .integer(let value): text = String(value)
        case .unsigned(let value): text = String(value)
        default: return nil
        }
        return DecimalParsing.bytes(of: text, width: width, precision: precision, scale: scale)
    }

    private static func wide<T: FixedWidthInteger>(
        _ value: ArrowScalar, _ parse: (String) -> T?
    ) -> [UInt8]? {
        let number: T?
        switch value {
        case .integer(let value): number = T(exactly: value)
        case .unsigned(let value): number = T(exactly: value)
        case .text(let digits): number = parse(digits)
        default: number = nil
        }
        return number.map { number in
            (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
    }

    private static func months(_ value: ArrowScalar) -> [UInt8]? {
        switch value {
        case .integer(let months): Int32(exactly: months).map { bytes($0) }
        case .interval(let interval) where interval.days == 0 && interval.nanoseconds == 0:
            bytes(interval.months)
        default: nil
        }
    }

    private static func interval(_ value: ArrowScalar, _ unit: IntervalUnit) -> [UInt8]? {
        guard case .interval(let interval) = value else { return nil }
        if unit == .monthDayNano {
            return bytes(interval.months) + bytes(interval.days) + bytes(interval.nanoseconds)
        }
        let (milliseconds, rest) = interval.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        guard interval.months == 0, rest == 0, let milliseconds = Int32(exactly: milliseconds)
        else { return nil }
        return bytes(interval.days) + bytes(milliseconds)
    }

    private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// Text and bytes as views: up to twelve bytes lie in the view itself, longer ones in a buffer.
final class ViewSink: RowSink {
    let type: DataType
    private var views = ByteWriter()
    private var buffers: [Bytes] = []
    private var open = ByteWriter()
    private var validity = ValidityBuilder()
    private(set) var count = 0

    /// A buffer ends here, so that offsets of 32 bits reach into it, and growing copies little.
    private static let bufferSize = 32 << 20

    init(_ type: DataType) { self.type = type }

    func appendNull() {
        validity.appendNull(at: count)
        views.append(repeating: 0, count: 16)
        count += 1
    }

    func append(_ value: ArrowScalar) -> Bool {
        let bytes: Bytes
        switch value {
        case .text(let text) where type == .utf8View: bytes = Bytes(utf8: text)
        case .bytes(let given) where type == .binaryView: bytes = given
        default: return false
        }
        guard bytes.count <= Int32.max else { return false }
        views.append(littleEndian: Int32(truncatingIfNeeded: bytes.count))
        if bytes.count <= 12 {
            views.append(bytes)
            views.append(repeating: 0, count: 12 - bytes.count)
        } else {
            appendLong(bytes)
        }
        count += 1
        return true
    }

    private func appendLong(_ bytes: Bytes) {
        if !open.isEmpty, open.count + bytes.count > Self.bufferSize { closeBuffer() }
        views.append(bytes[0..<4])
        views.append(littleEndian: Int32(truncatingIfNeeded: buffers.count))
        views.append(littleEndian: Int32(truncatingIfNeeded: open.count))
        open.append(bytes)
    }

    private func closeBuffer() {
        var full = ByteWriter()
        swap(&open, &full)
        buffers.append(full.finish())
    }

    func finish() -> Column {
        if !open.isEmpty { closeBuffer() }
        var full = ByteWriter()
        swap(&views, &full)
        return Column(
            type, count: count, validity: validity.finish(count: count),
            storage: .views(full.finish(), data: buffers))
    }
}
