internal import BridgeBytes

/// Bounds how much text the values of a table may become, by how many bytes they hold, and checks
/// that they can be printed at all: before the first of them is.
///
/// ## Theory of operation
/// Dictionaries, runs, views and list views let many values share others, at every level of
/// nesting, and columns of nulls hold nothing, so a few bytes may stand for more text than any disk
/// has. The size is reckoned from offsets and sizes, without reading what is shared more than once:
/// two bytes for a value and its comma, five for a null, the bytes of a text, two for each of
/// binary. Real data is far below `ArrowLimits.maxPrintedRatio` times what it holds.
package struct PrintedSize {
    private let limits: ArrowLimits
    private var printed = 0
    private var held = 0
    private var checked = ValidatedChunks()
    /// The dictionaries that were counted among the bytes held.
    private var counted = ValidatedChunks()

    package init(limits: ArrowLimits = .default) { self.limits = limits }

    /// Checks a whole table.
    /// - Throws: As `add(_:)`.
    package static func check(
        _ table: Table, limits: ArrowLimits = .default
    ) throws(ArrowError) {
        var size = PrintedSize(limits: limits)
        for batch in table.batches { try size.add(batch) }
    }

    /// Checks the next batch of a table.
    /// - Throws: `ArrowError` with `invalidData` or `invalidUTF8` when a value cannot be printed;
    ///   `limitExceeded` when the values of all batches so far would become too much text.
    /// - Complexity: O(values held), and O(rows) for those that are shared.
    package mutating func add(_ batch: RecordBatch) throws(ArrowError) {
        checked.beginBatch()
        counted.beginBatch()
        try batch.validate(full: true, &checked)
        for column in batch.columns { held = Self.sum(held, heldBytes(column)) }
        let (fair, isPlenty) = held.multipliedReportingOverflow(by: limits.maxPrintedRatio)
        let limit = isPlenty ? Int.max : max(fair, limits.printedAllowance)
        var walk = SizeWalk(limit: limit)
        for (field, column) in zip(batch.schema.fields, batch.columns) {
            do throws(ArrowError) {
                printed = Self.sum(printed, try walk.size(of: column))
                guard printed <= limit else { throw walk.overLimit() }
            } catch {
                var error = error
                error.field = field.name
                throw error
            }
        }
    }

    static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? Int.max : sum
    }

    private mutating func heldBytes(_ column: Column) -> Int {
        var total = column.validity.map { $0.count / 8 } ?? 0
        switch column.storage {
        case .none, .runs: break
        case .bits(let bits): total += bits.count / 8
        case .values(let bytes): total += bytes.count
        case .offsets(let offsets, let data):
            total += offsets.count + ((try? column.usedRange()).map(\.count) ?? data.count)
        case .views(let views, let data):
            total = data.reduce(total + views.count) { Self.sum($0, $1.count) }
        case .listViews(let offsets, let sizes): total += offsets.count + sizes.count
        case .union(let codes, let offsets): total += codes.count + offsets.count
        case .indices(let indices, let chunks):
            total += indices.count
            for chunk in chunks where counted.insert(chunk) {
                total = Self.sum(total, heldBytes(chunk.values))
            }
        }
        return column.children.reduce(total) { Self.sum($0, heldBytes($1)) }
    }
}

/// Reckons sizes of printed values, and gives up beyond a limit.
private struct SizeWalk {
    let limit: Int
    /// Values looked at; a bound for the time of the walk, since each is two bytes or more.
    private var visited = 0

    init(limit: Int) { self.limit = limit }

    func overLimit() -> ArrowError {
        ArrowError(
            .limitExceeded, stage: .column,
            "the values share their parts so often, or hold so little, that printing them would"
                + " take more than \(limit) bytes")
    }

    mutating func size(of column: Column) throws(ArrowError) -> Int {
        visited = PrintedSize.sum(visited, column.count)
        guard visited <= limit else { throw overLimit() }
        let own = column.count.multipliedReportingOverflow(by: column.type == .null ? 5 : 2)
        return PrintedSize.sum(own.overflow ? Int.max : own.partialValue, try content(column))
    }

    private mutating func content(_ column: Column) throws(ArrowError) -> Int {
        switch column.storage {
        case .bits: return 0
        case .values(let bytes):
            if case .fixedSizeBinary = column.type {
                return PrintedSize.sum(bytes.count, bytes.count)
            }
            return 0
        case .offsets:
            let used = try column.usedRange()
            if case .variable = column.type.layout {
                return column.isText ? used.count : PrintedSize.sum(used.count, used.count)
            }
            return try children(column) { $0[used] }
        case .views:
            var total = 0
            for position in 0..<column.count {
                total = PrintedSize.sum(total, try column.bytes(at: position)?.count ?? 0)
            }
            return column.isText ? total : PrintedSize.sum(total, total)
        case .listViews:
            return try rows(column) { (column, row) throws(ArrowError) in
                guard let items = try column.list(at: row) else { return nil }
                return (items, 0..<items.count)
            }
        case .union(_, let offsets) where offsets.isEmpty: return try children(column) { $0 }
        case .union:
            return try rows(column) { (column, row) throws(ArrowError) in
                let place = try column.resolved(at: row)
                return (place.column, place.position..<place.position + 1)
            }
        case .none: return try children(column) { $0 }
        case .runs(let start): return try runs(column, start: start)
        case .indices(_, let chunks): return try indices(column, chunks)
        }
    }

    private mutating func children(
        _ column: Column, _ part: (Column) -> Column
    ) throws(ArrowError) -> Int {
        var total = 0
        for child in column.children { total = PrintedSize.sum(total, try size(of: part(child))) }
        return total
    }

    private mutating func rows(
        _ column: Column,
        _ place: (Column, Int) throws(ArrowError) -> (Column, Range<Int>)?
    ) throws(ArrowError) -> Int {
        var total = 0
        for row in 0..<column.count {
            guard let (values, range) = try place(column, row) else { continue }
            total = PrintedSize.sum(total, try size(of: values[range]))
        }
        return total
    }

    private mutating func runs(_ column: Column, start: Int) throws(ArrowError) -> Int {
        guard column.count > 0, var run = try column.runIndex(of: start) else { return 0 }
        var total = 0
        var row = start
        while row < start + column.count {
            let end = min(try column.runEnd(run), start + column.count)
            let one = try size(of: column.children[1][run..<run + 1])
            let (all, overflow) = one.multipliedReportingOverflow(by: end - row)
            total = PrintedSize.sum(total, overflow ? Int.max : all)
            row = end
            run += 1
        }
        return total
    }

    /// Each value of a dictionary is looked at once, however often it comes.
    private mutating func indices(
        _ column: Column, _ chunks: [DictionaryChunk]
    ) throws(ArrowError) -> Int {
        var known: [Int: Int] = [:]
        var total = 0
        for row in 0..<column.count where !column.isNull(at: row) {
            let index = try column.dictionaryIndex(at: row)
            if let size = known[index] {
                total = PrintedSize.sum(total, size)
                continue
            }
            guard let piece = Column.piece(of: index, in: chunks) else { continue }
            let position = index - chunks[piece].start
            let size = try size(of: chunks[piece].values[position..<position + 1])
            known[index] = size
            total = PrintedSize.sum(total, size)
        }
        return total
    }
}
