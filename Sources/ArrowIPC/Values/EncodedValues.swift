internal import BridgeBytes

/// Reads the values of a dictionary, of runs, or of a column of nulls.
@usableFromInline struct EncodedValues<Element: ArrowValue>: Sendable {
    private let column: Column
    /// One for each piece of a dictionary; one for the values of runs.
    private let sources: [Element.ColumnSource]

    /// Checks all indices or runs, so that no access throws. Complexity: O(n).
    init(_ column: Column) throws(ArrowError) {
        self.column = column
        switch column.storage {
        case .indices(let indices, let chunks):
            try column.checkIndices(indices, chunks)
            var sources: [Element.ColumnSource] = []
            for chunk in chunks { sources.append(try Element.arrowSource(of: chunk.values)) }
            self.sources = sources
        case .runs:
            if column.count > 0 { try column.checkRuns() }
            sources = [try Element.arrowSource(of: column.children[1])]
        default: sources = []
        }
        if Element.arrowNull == nil { try checkNulls() }
    }

    private func checkNulls() throws(ArrowError) {
        let hasNulls =
            switch column.storage {
            case .indices(_, let chunks): chunks.contains { $0.values.nullCount > 0 }
            case .runs: column.children[1].nullCount > 0
            default: false
            }
        guard column.nullCount == 0 else { throw column.unexpectedNulls("\(Element.self)") }
        guard hasNulls else { return }
        for position in 0..<column.count {
            let place = try column.resolved(at: position)
            if place.column.isNull(at: place.position) {
                throw column.unexpectedNulls("\(Element.self)")
            }
        }
    }

    @usableFromInline func value(at position: Int) -> Element {
        if let null = Element.arrowNull, column.isNull(at: position) { return null }
        // Never fails: all indices or runs were checked when this was made, and columns are
        // constant, so that the place is there.
        guard let place = try? column.piece(at: position) else {
            preconditionFailure("an encoded value was checked before")
        }
        return Element.arrowValue(from: sources[place.piece], at: place.position)
    }
}

extension Column {
    /// Which piece of a dictionary holds a value, and where in it; runs have one piece.
    /// - Throws: `invalidData`, as `resolved(at:)`.
    fileprivate func piece(at position: Int) throws(ArrowError) -> (piece: Int, position: Int) {
        precondition(position >= 0 && position < count, "position outside the column")
        guard case .indices(_, let chunks) = storage else {
            return (0, try resolved(at: position).position)
        }
        let index = try dictionaryIndex(at: position)
        guard let piece = Self.piece(of: index, in: chunks) else {
            throw invalid(position, "the index is outside the dictionary")
        }
        return (piece, index - chunks[piece].start)
    }

    /// What is said when values are asked for as a type that has no null.
    func unexpectedNulls(_ type: String) -> ArrowError {
        ArrowError(
            .typeMismatch, stage: .column,
            "the column of \(self.type) has nulls: ask for values(as: \(type)?.self)")
    }
}
