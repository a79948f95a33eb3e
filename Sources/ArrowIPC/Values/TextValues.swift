public import BridgeBytes

extension String: ArrowValue {
    /// A source of text; what is not valid UTF-8 comes as U+FFFD. Complexity: O(n).
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data.
    public static func arrowSource(of column: Column) throws(ArrowError) -> Column.Blobs {
        guard column.isText else { throw column.mismatch("String") }
        return try column.blobs()
    }

    /// The text at a position. Complexity: O(size).
    public static func arrowValue(from source: Column.Blobs, at position: Int) -> String {
        source[position].map { String(repairing: $0) } ?? ""
    }
}

extension Bytes: ArrowValue {
    /// A source of binary values, and of text as its UTF-8. Complexity: O(n).
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data.
    public static func arrowSource(of column: Column) throws(ArrowError) -> Column.Blobs {
        try column.blobs()
    }

    /// The bytes at a position, without a copy. Complexity: O(1).
    public static func arrowValue(from source: Column.Blobs, at position: Int) -> Bytes {
        source[position] ?? Bytes()
    }
}
