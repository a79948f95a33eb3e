/// The type of a column: all logical types of the Arrow format.
///
/// Source: Arrow columnar format, "Data Types" and `Schema.fbs`.
public indirect enum DataType: Sendable, Hashable {
    /// Every value is null.
    case null
    /// One bit per value.
    case bool
    /// Whole numbers of 8 bits with a sign.
    case int8
    /// Whole numbers of 16 bits with a sign.
    case int16
    /// Whole numbers of 32 bits with a sign.
    case int32
    /// Whole numbers of 64 bits with a sign.
    case int64
    /// Whole numbers of 8 bits without a sign.
    case uint8
    /// Whole numbers of 16 bits without a sign.
    case uint16
    /// Whole numbers of 32 bits without a sign.
    case uint32
    /// Whole numbers of 64 bits without a sign.
    case uint64
    /// Whole numbers of 128 bits with a sign. The format does not have them; Polars writes them.
    case int128
    /// Whole numbers of 128 bits without a sign. The format does not have them; Polars writes them.
    case uint128
    /// Numbers of IEEE 754 with 16 bits.
    case float16
    /// Numbers of IEEE 754 with 32 bits.
    case float32
    /// Numbers of IEEE 754 with 64 bits.
    case float64
    /// A decimal number: an integer of the given width, times ten to the power of `-scale`.
    case decimal(DecimalWidth, precision: Int, scale: Int)
    /// UTF-8 text, at most 2 GiB in a column; `large` has 64-bit offsets; `view` 16-byte views.
    case utf8, largeUTF8, utf8View
    /// Bytes, at most 2 GiB in a column; `large` has 64-bit offsets; `view` 16-byte views.
    case binary, largeBinary, binaryView
    /// Bytes of one width.
    case fixedSizeBinary(width: Int)
    /// Days since 1970-01-01.
    case date32
    /// Milliseconds since 1970-01-01.
    case date64
    /// Time of day in seconds or milliseconds, 32 bits.
    case time32(TimeUnit)
    /// Time of day in microseconds or nanoseconds, 64 bits.
    case time64(TimeUnit)
    /// Time since 1970-01-01 00:00: UTC when there is a zone, a wall clock's when there is none.
    case timestamp(TimeUnit, zone: String?)
    /// Elapsed time, 64 bits.
    case duration(TimeUnit)
    /// A calendar interval.
    case interval(IntervalUnit)
    /// Lists of any length; `large` has 64-bit offsets; `view` offsets and sizes.
    case list(Field)
    /// Lists with offsets of 64 bits.
    case largeList(Field)
    /// Lists that may overlap, and lie in any order, with offsets and sizes of 32 bits.
    case listView(Field)
    /// Lists that may overlap, and lie in any order, with offsets and sizes of 64 bits.
    case largeListView(Field)
    /// Lists that all have the same length.
    case fixedSizeList(Field, count: Int)
    /// Several named values per row.
    case structure([Field])
    /// Lists of key-value pairs. The field is the pair: a structure of two fields.
    case map(entries: Field, keysSorted: Bool)
    /// One of several types per row.
    case union(UnionMode, fields: [Field], typeCodes: [Int8])
    /// Runs of equal values.
    case runEndEncoded(runEnds: Field, values: Field)
    /// Indices into a dictionary of values that the stream carries apart.
    case dictionary(index: DataType, value: DataType, isOrdered: Bool, id: Int64)
}

extension DataType {
    /// The fields of nested types, as the format orders them.
    public var children: [Field] {
        switch self {
        case .list(let item), .largeList(let item), .listView(let item), .largeListView(let item),
            .fixedSizeList(let item, _):
            [item]
        case .map(let entries, _): [entries]
        case .structure(let fields), .union(_, let fields, _): fields
        case .runEndEncoded(let runEnds, let values): [runEnds, values]
        case .dictionary(_, let value, _, _): value.children
        default: []
        }
    }

    /// How the values lie in memory. Types of one layout are read by the same code.
    enum Layout: Equatable {
        case null
        case bits
        /// Values of that many bytes, one after the other.
        case fixedWidth(Int)
        /// Offsets of that many bytes into data of bytes.
        case variable(offsetWidth: Int)
        /// Offsets of that many bytes into a child column.
        case list(offsetWidth: Int)
        /// That many values of a child column per row.
        case fixedList(Int)
        case structure
        /// Views of 16 bytes into any number of data buffers.
        case views
        /// Offsets and sizes of that many bytes each into a child column.
        case listViews(offsetWidth: Int)
        /// A byte per row that names a child; for dense unions also an offset into it.
        case union(UnionMode)
        /// A child of run ends and a child of values.
        case runs
        /// Indices of that many bytes into values that other messages carry.
        case dictionary(indexWidth: Int)
    }

    var layout: Layout {
        switch self {
        case .null: .null
        case .bool: .bits
        case .int8, .uint8: .fixedWidth(1)
        case .int16, .uint16, .float16: .fixedWidth(2)
        case .int32, .uint32, .float32, .date32, .time32: .fixedWidth(4)
        case .int64, .uint64, .float64, .date64, .time64, .timestamp, .duration: .fixedWidth(8)
        case .int128, .uint128: .fixedWidth(16)
        case .decimal(let width, _, _): .fixedWidth(width.rawValue / 8)
        case .fixedSizeBinary(let width): .fixedWidth(width)
        case .interval(.yearMonth): .fixedWidth(4)
        case .interval(.dayTime): .fixedWidth(8)
        case .interval(.monthDayNano): .fixedWidth(16)
        case .utf8, .binary: .variable(offsetWidth: 4)
        case .largeUTF8, .largeBinary: .variable(offsetWidth: 8)
        case .list, .map: .list(offsetWidth: 4)
        case .largeList: .list(offsetWidth: 8)
        case .fixedSizeList(_, let count): .fixedList(count)
        case .structure: .structure
        case .utf8View, .binaryView: .views
        case .listView: .listViews(offsetWidth: 4)
        case .largeListView: .listViews(offsetWidth: 8)
        case .union(let mode, _, _): .union(mode)
        case .runEndEncoded: .runs
        case .dictionary(let index, _, _, _): .dictionary(indexWidth: index.fixedWidth)
        }
    }

    /// Bytes of a value of a type of fixed width; 1 of any other type.
    var fixedWidth: Int {
        if case .fixedWidth(let width) = layout { width } else { 1 }
    }

    /// The alignment that typed access to the first data buffer needs, in bytes.
    var alignment: Int {
        switch self {
        case .decimal, .fixedSizeBinary, .interval, .int128, .uint128: return 1
        default: break
        }
        switch layout {
        case .fixedWidth(let width): return width
        case .variable(let width), .list(let width), .listViews(let width),
            .dictionary(let width):
            return width
        case .union, .views: return 4
        default: return 1
        }
    }
}
