internal import BridgeBytes

/// A Swift type whose values columns hold, and for which `values(as:)` can be asked.
///
/// Numbers, `Bool`, `String`, `Bytes` and `Timestamp` are such types; so are optionals of them, for
/// columns with nulls, and arrays of them, for columns of lists. A type of your own passes on to
/// one of these:
///
///     extension Celsius: ArrowValue {
///         static func arrowSource(of column: Column) throws(ArrowError) -> NumberSource<Double> {
///             try Double.arrowSource(of: column)
///         }
///         static func arrowValue(from source: NumberSource<Double>, at position: Int) -> Celsius {
///             Celsius(Double.arrowValue(from: source, at: position))
///         }
///     }
public protocol ArrowValue: Sendable {
    /// What reads the values of a column that was found to hold them.
    associatedtype ColumnSource: Sendable
    /// A source of a column of plain values, neither a dictionary nor runs; these are read through
    /// by `values(as:)` itself.
    /// - Throws: `ArrowError` with `typeMismatch` when the column holds no such values,
    ///   `invalidData` when its offsets point outside the data.
    static func arrowSource(of column: Column) throws(ArrowError) -> ColumnSource
    /// The value at a position. Where it is null the result is arbitrary, unless the type has a
    /// null of its own. Traps when the position is outside the column.
    static func arrowValue(from source: ColumnSource, at position: Int) -> Self
    /// What stands for a null; nil for types that have no null, which is the default.
    static var arrowNull: Self? { get }
}

extension ArrowValue {
    /// By default a type has no value that stands for a null.
    public static var arrowNull: Self? { nil }
}

extension ArrowPrimitive {
    /// A source of the numbers in place. Complexity: O(1).
    /// - Throws: `ArrowError` with `typeMismatch` when the column holds no such numbers.
    public static func arrowSource(of column: Column) throws(ArrowError) -> NumberSource<Self> {
        try NumberSource(column)
    }

    /// The number at a position. Complexity: O(1).
    @inlinable public static func arrowValue(
        from source: NumberSource<Self>, at position: Int
    ) -> Self {
        source[position]
    }
}

extension Bool: ArrowValue {
    /// The bits of a column of `bool`. Complexity: O(1).
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values.
    public static func arrowSource(of column: Column) throws(ArrowError) -> Bitmap {
        try column.bits()
    }

    /// The boolean at a position. Complexity: O(1).
    @inlinable public static func arrowValue(from source: Bitmap, at position: Int) -> Bool {
        source[position]
    }
}

extension Optional: ArrowValue where Wrapped: ArrowValue {
    /// A source of the values, with the bits that say which are there.
    /// - Throws: what the source of the values throws.
    public static func arrowSource(of column: Column) throws(ArrowError) -> OptionalSource<Wrapped>
    {
        OptionalSource(values: try Wrapped.arrowSource(of: column), validity: column.validity)
    }

    /// The value at a position; nil when it is null.
    @inlinable public static func arrowValue(
        from source: OptionalSource<Wrapped>, at position: Int
    ) -> Wrapped? {
        if let validity = source.validity, !validity[position] { return nil }
        return Wrapped.arrowValue(from: source.values, at: position)
    }

    /// A null is nil.
    public static var arrowNull: Wrapped?? { .some(nil) }
}

/// Reads the values of a column that may have nulls.
public struct OptionalSource<Wrapped: ArrowValue>: Sendable {
    @usableFromInline let values: Wrapped.ColumnSource
    @usableFromInline let validity: Bitmap?
}

extension Array: ArrowValue where Element: ArrowValue {
    /// A source of a column of lists.
    /// - Throws: `ArrowError` with `typeMismatch` when the column holds no lists, or lists of other
    ///   values; `invalidData` when the offsets point outside the data.
    /// - Complexity: O(n).
    public static func arrowSource(of column: Column) throws(ArrowError) -> ListSource<Element> {
        try ListSource(column)
    }

    /// The items of the list at a position. Complexity: O(items).
    public static func arrowValue(
        from source: ListSource<Element>, at position: Int
    ) -> [Element] {
        source[position]
    }
}

/// Reads lists as arrays.
public struct ListSource<Item: ArrowValue>: Sendable {
    private let column: Column
    private let items: ColumnValues<Item>

    init(_ column: Column) throws(ArrowError) {
        // Views of lists may share their items without measure, so that arrays of them could take
        // any amount of memory: those are read one by one with `lists()`.
        switch column.type {
        case .list, .largeList, .fixedSizeList: break
        default: throw column.mismatch("[\(Item.self)]")
        }
        guard let items = column.children.first else { throw column.mismatch("lists") }
        try column.checkOffsets()
        self.column = column
        self.items = try ColumnValues([items])
    }

    subscript(position: Int) -> [Item] {
        // The offsets were checked when the source was made, so this does not throw.
        guard let range = try? column.range(at: position) else { return [] }
        return Array(items[range])
    }
}
