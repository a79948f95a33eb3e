internal import BridgeBytes

/// One column of a table, over all its batches.
///
/// A view: it holds the columns of the batches and copies nothing. Its values come as a collection,
/// `values(as:)`; hot loops go over `chunks`, each of which lies in one piece of memory.
public struct TableColumn: Sendable {
    /// Name, type and metadata.
    public let field: Field
    /// The columns of the batches, in order; none when the table has no batch.
    public let chunks: [Column]
    /// Number of values in all batches, nulls counted.
    public let count: Int

    init(_ field: Field, _ chunks: [Column]) {
        self.field = field
        self.chunks = chunks
        count = chunks.reduce(0) { $0 + $1.count }
    }

    /// The name of the column.
    public var name: String { field.name }

    /// The type of the values.
    public var type: DataType { field.type }

    /// Number of nulls. Complexity: O(n), 64 values at a time.
    public var nullCount: Int { chunks.reduce(0) { $0 + $1.nullCount } }

    /// The values as a collection of Swift values; see `Column.values(as:)`.
    ///
    ///     let total = try table.column("price").values(as: Double.self).reduce(0, +)
    /// - Throws: `ArrowError` with `typeMismatch` when the column holds no such values, or has
    ///   nulls and the type has none; `invalidData` when offsets or indices point outside the data;
    ///   both with the column's name.
    /// - Complexity: O(batches) for numbers without nulls, else O(n) once.
    public func values<T: ArrowValue>(as type: T.Type = T.self) throws(ArrowError) -> ColumnValues<
        T
    > {
        try named { () throws(ArrowError) in
            // Without a batch the type is checked on a column of no values.
            try ColumnValues(chunks.isEmpty ? [Column(empty: field.type)] : chunks)
        }
    }

    /// Whether the value at a position is null. Traps when it is outside `0..<count`.
    /// Complexity: O(batches).
    public func isNull(at position: Int) -> Bool {
        precondition(position >= 0 && position < count, "position outside the column")
        var rest = position
        for chunk in chunks {
            if rest < chunk.count { return chunk.isNull(at: rest) }
            rest -= chunk.count
        }
        // Never comes here: `count` is the sum of the chunks' counts, made in `init`, and both are
        // constant, so that a position below it lies in one of them.
        preconditionFailure("the chunks have `count` values together")
    }

    /// Part of the column, without a copy of any value. Traps when the range is outside
    /// `0..<count`. Complexity: O(batches).
    public subscript(range: Range<Int>) -> TableColumn {
        TableColumn(field, cut(chunks, range) { $0[$1] })
    }

    /// Checks what opening does not look at; see `Column.validate(full:)`.
    /// - Throws: `ArrowError` with `invalidData`, `invalidUTF8`, with the name of the column.
    /// - Complexity: O(n).
    public func validate(full: Bool = false) throws(ArrowError) {
        try named { () throws(ArrowError) in
            var seen = ValidatedChunks()
            for chunk in chunks { try chunk.validate(full: full, &seen) }
        }
    }

    private func named<R>(_ body: () throws(ArrowError) -> R) throws(ArrowError) -> R {
        do throws(ArrowError) { return try body() } catch {
            var error = error
            error.field = name
            throw error
        }
    }
}

/// What has a length and can be cut without a copy.
protocol Cuttable {
    var count: Int { get }
}

extension Column: Cuttable {}
extension RecordBatch: Cuttable {}

/// The pieces of which a range of all pieces together consists; empty ones are left out, but for
/// one when all are.
func cut<Piece: Cuttable>(
    _ pieces: [Piece], _ range: Range<Int>, _ part: (Piece, Range<Int>) -> Piece
) -> [Piece] {
    let count = pieces.reduce(0) { $0 + $1.count }
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the rows")
    var result: [Piece] = []
    var start = 0
    for piece in pieces {
        let lower = max(range.lowerBound - start, 0)
        let upper = min(range.upperBound - start, piece.count)
        if lower < upper { result.append(part(piece, lower..<upper)) }
        start += piece.count
    }
    if result.isEmpty, let first = pieces.first { result.append(part(first, 0..<0)) }
    return result
}
