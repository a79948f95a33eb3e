internal import BridgeBytes

/// A column under construction, one value at a time, of a type that is settled.
///
/// Sinks live only inside one call that turns rows into columns; none leaves it.
protocol RowSink: AnyObject {
    var type: DataType { get }
    var count: Int { get }
    func appendNull()
    /// False when the type does not hold such a value, or not exactly.
    func append(_ value: ArrowScalar) -> Bool
    /// - Throws: `limitExceeded` when offsets of 32 bits cannot state the size.
    func finish() throws(ArrowError) -> Column
}

extension RowSink {
    func append(_ value: ArrowScalar) -> Bool { false }
}

/// Numbers, and what is counted in numbers: dates, times, moments.
final class NumberSink<T: ArrowPrimitive>: RowSink {
    let type: DataType
    private var builder: NumberBuilder<T>
    /// The value as the type holds it; nil when it does not, or not exactly.
    private let number: (ArrowScalar) -> T?
    /// As many as the builder has; asked for after each row, where a generic one costs a look-up.
    private(set) var count = 0

    private init(_ type: DataType, _ number: @escaping (ArrowScalar) -> T?) {
        self.type = type
        self.number = number
        builder = NumberBuilder(type: type)
    }

    func appendNull() {
        builder.appendNull()
        count += 1
    }

    func append(_ value: ArrowScalar) -> Bool {
        guard let number = number(value) else { return false }
        builder.append(number)
        count += 1
        return true
    }

    func finish() -> Column {
        var full = NumberBuilder<T>(type: type)
        swap(&builder, &full)
        return full.finish()
    }
}

extension NumberSink where T: FixedWidthInteger {
    /// A sink of integers, or of moments in the unit of the type.
    convenience init(integers type: DataType) {
        self.init(type) { value in
            switch value {
            case .integer(let value): T(exactly: value)
            case .unsigned(let value): T(exactly: value)
            case .moment(let moment): moment.count(of: type).flatMap { T(exactly: $0) }
            case .duration(let duration): duration.count(of: type).flatMap { T(exactly: $0) }
            default: nil
            }
        }
    }
}

extension NumberSink where T: BinaryFloatingPoint {
    /// A sink of floating-point numbers. Integers are taken when they are exact; doubles are
    /// rounded to the narrower types, as the schema asks.
    convenience init(floats type: DataType) {
        self.init(type) { value in
            switch value {
            case .float(let value): T(value)
            case .integer(let value): T(exactly: value)
            case .unsigned(let value): T(exactly: value)
            default: nil
            }
        }
    }
}

final class BoolSink: RowSink {
    let type = DataType.bool
    private var builder = BoolBuilder()
    var count: Int { builder.count }

    func appendNull() { builder.appendNull() }

    func append(_ value: ArrowScalar) -> Bool {
        guard case .bool(let value) = value else { return false }
        builder.append(value)
        return true
    }

    func finish() -> Column {
        var full = BoolBuilder()
        swap(&builder, &full)
        return full.finish()
    }
}

/// Text and bytes.
final class TextSink: RowSink {
    let type: DataType
    private var builder: TextBuilder
    private var isOverfull = false
    var count: Int { builder.count }

    init(_ type: DataType) {
        self.type = type
        builder = TextBuilder(type: type)
    }

    private var isText: Bool { type == .utf8 || type == .largeUTF8 }

    func appendNull() { builder.appendNull() }

    func append(_ value: ArrowScalar) -> Bool {
        switch value {
        case .text(let text) where isText:
            if fits(text.utf8.count) { builder.append(text) }
        case .bytes(let bytes) where !isText:
            if fits(bytes.count) { builder.append(bytes.span) }
        default: return false
        }
        return true
    }

    /// Whether the offsets can state one more value of that size; told by `finish` otherwise.
    private func fits(_ size: Int) -> Bool {
        let isLarge = type == .largeUTF8 || type == .largeBinary
        if !isLarge, builder.byteCount > Int(Int32.max) - size { isOverfull = true }
        return !isOverfull
    }

    func finish() throws(ArrowError) -> Column {
        guard !isOverfull else {
            throw ArrowError(
                .limitExceeded, stage: .row,
                "a column of \(type) holds at most 2 GiB: name the large type in a schema")
        }
        var full = TextBuilder(type: type)
        swap(&builder, &full)
        return full.finish()
    }
}

/// Values as indices into those seen so far.
final class DictionarySink: RowSink {
    let type: DataType
    private let indices: any RowSink
    private let values: any RowSink
    private var known: [ArrowScalar: Int] = [:]
    var count: Int { indices.count }

    init(_ type: DataType, indices: any RowSink, values: any RowSink) {
        self.type = type
        self.indices = indices
        self.values = values
    }

    func appendNull() { indices.appendNull() }

    func append(_ value: ArrowScalar) -> Bool {
        if let index = known[value] { return indices.append(.integer(Int64(index))) }
        guard values.append(value) else { return false }
        // More values than the index can number are one that the type does not hold.
        guard indices.append(.integer(Int64(known.count))) else { return false }
        known[value] = known.count
        return true
    }

    func finish() throws(ArrowError) -> Column {
        let indices = try indices.finish()
        guard case .values(let bytes) = indices.storage else { throw indices.mismatch("indices") }
        return Column(
            type, count: indices.count, validity: indices.validity,
            storage: .indices(bytes, chunks: [DictionaryChunk(try values.finish(), start: 0)]))
    }
}

/// Nothing but nulls.
final class NullSink: RowSink {
    let type = DataType.null
    private(set) var count = 0

    func appendNull() { count += 1 }

    func finish() -> Column { Column(nulls: count) }
}
