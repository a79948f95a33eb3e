internal import BridgeBytes

extension Column {
    /// A dictionary column: `indices` into values, nil for null.
    ///
    ///     try Column(dictionary: [Column(["red", "green"])], indices: [0, 1, nil] as [Int8?])
    ///
    /// - Parameters:
    ///   - indices: For each value of the column its place among the values; nil: null.
    ///   - values: The values; several columns of one type follow each other.
    ///   - id: Links the field to its values within a stream. Columns of a table may have the same
    ///     id: they are given others when the table is written.
    ///   - isOrdered: Whether the order of the values means something.
    /// - Throws: `ArrowError` with `typeMismatch` when the values' types differ or there are none,
    ///   `invalidData` when an index is outside the values.
    public init<Index: ArrowPrimitive & FixedWidthInteger>(
        dictionary values: [Column], indices: [Index?], isOrdered: Bool = false, id: Int64 = 0
    ) throws(ArrowError) {
        guard let type = values.first?.type, values.allSatisfy({ $0.type == type }) else {
            throw ArrowError(
                .typeMismatch, stage: .column, "the values of a dictionary are of one type")
        }
        var chunks: [DictionaryChunk] = []
        var count = 0
        for part in values {
            chunks.append(DictionaryChunk(part, start: count))
            count += part.count
        }
        var builder = NumberBuilder<Index>(capacity: indices.count)
        for (position, index) in indices.enumerated() {
            if let index, index < 0 || index >= count {
                throw ArrowError(
                    .invalidData, stage: .column,
                    "index \(index) at \(position) is outside the dictionary of \(count) values")
            }
            builder.append(index)
        }
        let column = builder.finish()
        guard case .values(let bytes) = column.storage else { throw column.mismatch("indices") }
        self.init(
            .dictionary(index: column.type, value: type, isOrdered: isOrdered, id: id),
            count: column.count, validity: column.validity,
            storage: .indices(bytes, chunks: chunks))
    }
}
