internal import BridgeBytes

/// One column of a batch: values of one type, some of which may be null.
///
/// A column is a view of shared bytes: of a received stream, or of memory that a builder filled.
/// Passing it on and slicing it copy no value. Its buffers were checked to be long enough when it
/// was made; what they hold (offsets, text) is checked when it is first used, so that opening a
/// large table touches none of its pages.
public struct Column: Sendable {
    /// The type of the values.
    public let type: DataType
    /// Number of values, nulls counted.
    public let count: Int
    /// A bit per value that says whether it is there; nil when no value is null.
    public let validity: Bitmap?
    /// The columns inside a nested column: the fields of a structure, the items of lists.
    public let children: [Column]
    let storage: Storage

    enum Storage: Sendable {
        /// Null columns, structures and lists of one size have no buffer of their own.
        case none
        case bits(Bitmap)
        /// Exactly `count` values of the type's width, aligned for typed access.
        case values(Bytes)
        /// `count + 1` offsets, aligned; none at all when `count` is 0. Lists have no data.
        case offsets(Bytes, data: Bytes)
        /// `count` views of 16 bytes, and the buffers that they point into.
        case views(Bytes, data: [Bytes])
        /// `count` offsets and `count` sizes, aligned.
        case listViews(offsets: Bytes, sizes: Bytes)
        /// `count` codes; `count` offsets of 32 bits if the union is dense, else none.
        case union(codes: Bytes, offsets: Bytes)
        /// The first row of the column is this row of the runs.
        case runs(start: Int)
        /// `count` indices, aligned, into the values of the chunks, one after the other.
        case indices(Bytes, chunks: [DictionaryChunk])
    }

    init(
        _ type: DataType, count: Int, validity: Bitmap?, storage: Storage, children: [Column] = []
    ) {
        self.type = type
        self.count = count
        self.validity = validity
        self.storage = storage
        self.children = children
    }

    /// Number of nulls. Complexity: O(n), 64 values at a time.
    public var nullCount: Int {
        if type == .null { return count }
        guard let validity else { return 0 }
        return count - validity.setCount
    }

    /// Whether the value at a position is null. Traps when it is outside `0..<count`.
    ///
    /// A column of unions or runs has no nulls of its own, and a value of a dictionary may be null
    /// too: ask the column that `resolved(at:)` gives.
    public func isNull(at position: Int) -> Bool {
        precondition(position >= 0 && position < count, "position outside the column")
        if type == .null { return true }
        return validity.map { !$0[position] } ?? false
    }

    /// The child of that name of a structure.
    /// - Throws: `ArrowError` with `columnNotFound`.
    public func child(named name: String) throws(ArrowError) -> Column {
        guard let index = type.children.firstIndex(where: { $0.name == name }),
            index < children.count
        else {
            throw ArrowError(.columnNotFound, stage: .column, "\(type) has no child \"\(name)\"")
        }
        return children[index]
    }

    /// The layout of the type's values.
    var layout: DataType.Layout { type.layout }
}

/// Values of a dictionary as one message brought them. Its identity tells a writer which values
/// it has sent already.
final class DictionaryChunk: Sendable {
    let values: Column
    /// Index of the first value: how many the chunks before it hold.
    let start: Int

    init(_ values: Column, start: Int) {
        self.values = values
        self.start = start
    }
}

extension Bytes {
    /// The same bytes at an address that is a multiple of `alignment`; a copy only if they are
    /// not there already, which no portable writer causes.
    func aligned(to alignment: Int) -> Bytes {
        address % UInt(alignment) == 0 ? self : copied()
    }
}
