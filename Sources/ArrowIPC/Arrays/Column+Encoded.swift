internal import BridgeBytes

/// Columns whose values lie in other columns: dictionaries, runs of equal values, unions.
extension Column {
    /// The column and the position in it where the value at a position really lies: for a
    /// dictionary its values, for runs the run's value, for a union the child that the code
    /// names. Of any other column the value lies where it is.
    /// - Throws: `ArrowError` with `invalidData` when an index, a run end or a code points outside;
    ///   also for a null of a dictionary column when the index under it does.
    public func resolved(
        at position: Int
    ) throws(ArrowError) -> (column: Column, position: Int) {
        precondition(position >= 0 && position < count, "position outside the column")
        switch storage {
        case .indices(_, let chunks):
            let index = try dictionaryIndex(at: position)
            guard let piece = Self.piece(of: index, in: chunks) else {
                throw invalid(position, "the index is outside the dictionary")
            }
            return (chunks[piece].values, index - chunks[piece].start)
        case .runs(let start):
            guard children.count == 2, let run = try runIndex(of: start + position),
                run < children[1].count
            else { throw invalid(position, "no run covers the row") }
            return (children[1], run)
        case .union(_, let offsets):
            let child = try unionChild(at: position)
            let offset =
                offsets.isEmpty
                ? position : Int(offsets.span.littleEndian(Int32.self, at: position * 4) ?? -1)
            guard offset >= 0, offset < children[child].count else {
                throw invalid(position, "the offset is outside the union's child")
            }
            return (children[child], offset)
        default: return (self, position)
        }
    }

    /// The type code of a union's value.
    /// - Throws: `ArrowError` with `typeMismatch` when the column is no union.
    public func typeCode(at position: Int) throws(ArrowError) -> Int8 {
        precondition(position >= 0 && position < count, "position outside the column")
        guard case .union(let codes, _) = storage else { throw mismatch("type codes") }
        return Int8(bitPattern: codes[position])
    }

    func invalid(_ position: Int, _ message: String) -> ArrowError {
        ArrowError(
            .invalidData, stage: .column, "\(message), value \(position) of a column of \(type)")
    }

    /// Which child the code of a value names.
    func unionChild(at position: Int) throws(ArrowError) -> Int {
        let code = try typeCode(at: position)
        guard case .union(_, _, let codes) = type, let child = codes.firstIndex(of: code),
            child < children.count
        else { throw invalid(position, "the union has no type code \(code)") }
        return child
    }

    /// The index that a dictionary column has at a position, not checked against the values.
    func dictionaryIndex(at position: Int) throws(ArrowError) -> Int {
        guard case .dictionary(let index, _, _, _) = type, case .indices(let indices, _) = storage
        else { throw mismatch("indices") }
        let span = indices.span
        let value: Int? =
            switch index {
            case .int8: span.littleEndian(Int8.self, at: position).map { Int($0) }
            case .int16: span.littleEndian(Int16.self, at: position * 2).map { Int($0) }
            case .int32: span.littleEndian(Int32.self, at: position * 4).map { Int($0) }
            case .uint8: span.littleEndian(UInt8.self, at: position).map { Int($0) }
            case .uint16: span.littleEndian(UInt16.self, at: position * 2).map { Int($0) }
            case .uint32: span.littleEndian(UInt32.self, at: position * 4).map { Int($0) }
            default: span.littleEndian(Int64.self, at: position * 8).map { Int($0) }
            }
        guard let value, value >= 0 else {
            throw invalid(position, "the index is outside the dictionary")
        }
        return value
    }

    /// Which chunk holds an index, by bisection; nil when none does.
    static func piece(of index: Int, in chunks: [DictionaryChunk]) -> Int? {
        var lower = 0
        var upper = chunks.count
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if chunks[middle].start > index { upper = middle } else { lower = middle }
        }
        guard lower < chunks.count, index - chunks[lower].start < chunks[lower].values.count else {
            return nil
        }
        return lower
    }

    /// The end of a run, counted in rows of the unsliced column.
    func runEnd(_ run: Int) throws(ArrowError) -> Int {
        let ends = children[0]
        return switch ends.type {
        case .int16: Int(try ends.span(as: Int16.self)[run])
        case .int32: Int(try ends.span(as: Int32.self)[run])
        default: Int(try ends.span(as: Int64.self)[run])
        }
    }

    /// The first run that ends after a row, by bisection; nil when none does.
    func runIndex(of row: Int) throws(ArrowError) -> Int? {
        var lower = 0
        var upper = children[0].count
        while lower < upper {
            let middle = (lower + upper) / 2
            if try runEnd(middle) > row { upper = middle } else { lower = middle + 1 }
        }
        return lower < children[0].count ? lower : nil
    }

    /// Checks the run ends: ascending, from one or more, and covering all rows.
    func checkRuns() throws(ArrowError) {
        guard case .runs(let start) = storage else { return }
        var previous = 0
        for run in 0..<children[0].count {
            let end = try runEnd(run)
            guard end > previous else { throw invalid(run, "the run ends do not ascend") }
            previous = end
        }
        guard previous >= start + count, children[0].count <= children[1].count else {
            throw invalid(count - 1, "no run covers the row")
        }
    }
}
