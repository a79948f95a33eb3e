internal import BridgeBytes

/// Columns of nested types, made of columns that are there.
extension Column {
    /// A column of single values of any type that has such: decimals from text or integers,
    /// fixed-size binary, views, times, durations, intervals, dictionaries, runs, unions.
    ///
    ///     let cents = DataType.decimal(.bits32, precision: 9, scale: 2)
    ///     try Column(scalars: [.text("1.50"), nil], type: cents)
    ///
    /// - Throws: `ArrowError` with `invalidRow` when a value does not fit the type exactly, with
    ///   its position; `limitExceeded` when the type cannot state the size.
    /// - Complexity: O(n).
    public init(scalars: [ArrowScalar?], type: DataType) throws(ArrowError) {
        let sink = try RowColumn.sink(of: type, path: "")
        for (position, value) in scalars.enumerated() {
            guard let value else {
                sink.appendNull()
                continue
            }
            guard sink.append(value) else {
                throw ArrowError(
                    .invalidRow, stage: .column,
                    "value \(position), \(value.name), does not fit a column of \(type)")
            }
        }
        self = try sink.finish()
    }

    /// A column of lists of one size.
    /// - Parameters:
    ///   - size: How many of the items each list takes, nulls included.
    ///   - items: The items of all lists, one list after the other.
    ///   - validity: Whether each list is there; nil when none is null.
    ///   - item: Name and nullability of the items; by default `item`, nullable.
    /// - Throws: `ArrowError` with `lengthMismatch` when the items are no whole lists.
    public init(
        fixedSizeLists size: Int, of items: Column, validity: [Bool]? = nil, item: Field? = nil
    ) throws(ArrowError) {
        let field = item ?? Field("item", items.type)
        let count = size > 0 ? items.count / size : validity?.count ?? 0
        guard size >= 0, field.type == items.type, items.count == count * size,
            validity.map({ $0.count == count }) ?? true
        else {
            throw ArrowError(
                .lengthMismatch, stage: .column,
                "\(items.count) items are not \(validity?.count ?? count) lists of \(size)")
        }
        self.init(
            .fixedSizeList(field, count: size), count: count,
            validity: validity.map { bits in Bitmap(count: count) { bits[$0] } }, storage: .none,
            children: [items])
    }

    /// A column of list views: lists that may share items, and lie in any order.
    /// - Parameters:
    ///   - ranges: Which of the items each list has; nil: null.
    ///   - items: The items.
    ///   - isLarge: Whether offsets and sizes have 64 bits.
    ///   - item: Name and nullability of the items; by default `item`, nullable.
    /// - Throws: `ArrowError` with `lengthMismatch` when a range is outside the items.
    public init(
        listViews ranges: [Range<Int>?], of items: Column, isLarge: Bool = false,
        item: Field? = nil
    ) throws(ArrowError) {
        let field = item ?? Field("item", items.type)
        var validity = ValidityBuilder()
        var offsets = ByteWriter()
        var sizes = ByteWriter()
        for (position, range) in ranges.enumerated() {
            let range = range ?? 0..<0
            if ranges[position] == nil { validity.appendNull(at: position) }
            guard range.lowerBound >= 0, range.upperBound <= items.count,
                isLarge || range.upperBound <= Int32.max, field.type == items.type
            else {
                throw ArrowError(
                    .lengthMismatch, stage: .column,
                    "list \(position) does not fit the \(items.count) items")
            }
            offsets.append(index: range.lowerBound, width: isLarge ? 8 : 4)
            sizes.append(index: range.count, width: isLarge ? 8 : 4)
        }
        self.init(
            isLarge ? .largeListView(field) : .listView(field), count: ranges.count,
            validity: validity.finish(count: ranges.count),
            storage: .listViews(offsets: offsets.finish(), sizes: sizes.finish()),
            children: [items])
    }

    /// A column of maps.
    /// - Parameters:
    ///   - lengths: How many of the pairs each map takes; nil: null.
    ///   - keys: The keys of all maps, none of them null.
    ///   - values: The values of all maps.
    ///   - keysSorted: Whether the keys of each map are sorted.
    /// - Throws: `ArrowError` with `lengthMismatch` when the lengths do not add up to the pairs, or
    ///   a key is null.
    public init(
        maps lengths: [Int?], keys: Column, values: Column, keysSorted: Bool = false
    ) throws(ArrowError) {
        guard keys.nullCount == 0 else {
            throw ArrowError(.lengthMismatch, stage: .column, "a key of a map is null")
        }
        let pairs = try Column(structure: [
            (Field("key", keys.type, isNullable: false), keys),
            (Field("value", values.type), values),
        ])
        let entries = Field("entries", pairs.type, isNullable: false)
        let lists = try Column(lists: lengths, of: pairs, item: entries)
        self.init(
            .map(entries: entries, keysSorted: keysSorted), count: lists.count,
            validity: lists.validity, storage: lists.storage, children: lists.children)
    }

    /// A column of unions.
    /// - Parameters:
    ///   - members: The types that there are, each with its values: of a dense union its own ones,
    ///     in order; of a sparse one as many as the column has.
    ///   - choices: For each value which member has it.
    ///   - mode: Dense or sparse.
    /// - Throws: `ArrowError` with `lengthMismatch` when the members do not have the values.
    public init(
        union members: [(Field, Column)], choices: [Int], mode: UnionMode = .dense
    ) throws(ArrowError) {
        var taken = [Int](repeating: 0, count: members.count)
        var codes = ByteWriter()
        var offsets = ByteWriter()
        for (position, choice) in choices.enumerated() {
            guard members.indices.contains(choice), members.count <= 128 else {
                throw ArrowError(
                    .lengthMismatch, stage: .column, "there is no member \(choice) of the union")
            }
            let place = mode == .dense ? taken[choice] : position
            guard place < members[choice].1.count else {
                throw ArrowError(
                    .lengthMismatch, stage: .column,
                    "member \(choice) of the union has no value for place \(position)")
            }
            codes.append(UInt8(truncatingIfNeeded: choice))
            if mode == .dense { offsets.append(littleEndian: Int32(truncatingIfNeeded: place)) }
            taken[choice] += 1
        }
        guard mode == .dense || members.allSatisfy({ $0.1.count == choices.count }),
            members.allSatisfy({ $0.0.type == $0.1.type })
        else {
            throw ArrowError(
                .lengthMismatch, stage: .column,
                "each member of a sparse union has \(choices.count) values, of its field's type")
        }
        self.init(
            .union(
                mode, fields: members.map(\.0),
                typeCodes: members.indices.map { Int8(truncatingIfNeeded: $0) }),
            count: choices.count, validity: nil,
            storage: .union(codes: codes.finish(), offsets: offsets.finish()),
            children: members.map(\.1))
    }

    /// A column of runs of equal values.
    /// - Parameters:
    ///   - lengths: How long each run is.
    ///   - values: The value of each run.
    /// - Throws: `ArrowError` with `lengthMismatch` when a run is empty or has no value;
    ///   `limitExceeded` when there are more rows than 32 bits can number.
    public init(runs lengths: [Int], of values: Column) throws(ArrowError) {
        guard lengths.count == values.count, lengths.allSatisfy({ $0 > 0 }) else {
            throw ArrowError(
                .lengthMismatch, stage: .column,
                "each of the \(lengths.count) runs has a length above zero, and one of the"
                    + " \(values.count) values")
        }
        var ends = NumberBuilder<Int32>(capacity: lengths.count)
        var end = 0
        for length in lengths {
            let (sum, overflow) = end.addingReportingOverflow(length)
            guard !overflow, sum <= Int32.max else {
                throw ArrowError(
                    .limitExceeded, stage: .column, "run ends of 32 bits cannot number the rows")
            }
            end = sum
            ends.append(Int32(truncatingIfNeeded: end))
        }
        self.init(
            .runEndEncoded(
                runEnds: Field("run_ends", .int32, isNullable: false),
                values: Field("values", values.type)),
            count: end, validity: nil, storage: .runs(start: 0), children: [ends.finish(), values])
    }
}
