internal import BridgeBytes

extension Table {
    /// Number of rows; the same as `count`. Complexity: O(batches).
    public var rowCount: Int { count }

    /// Number of columns.
    public var columnCount: Int { schema.fields.count }

    /// The names of the columns, in order.
    public var columnNames: [String] { schema.fields.map(\.name) }

    /// The columns, each over all batches, in the order of the schema.
    /// Complexity: O(columns × batches); nothing is copied.
    public var columns: [TableColumn] { schema.fields.indices.map { tableColumn($0) } }

    /// The first column of a name, over all batches; nil when there is none.
    /// Complexity: O(columns + batches); nothing is copied.
    public subscript(name: String) -> TableColumn? {
        schema.index(of: name).map { tableColumn($0) }
    }

    /// The first column of a name, over all batches:
    ///
    ///     let names = Array(try table.column("name").values(as: String?.self))
    ///
    /// - Throws: `ArrowError` with `columnNotFound`, which names the columns that there are.
    /// - Complexity: O(columns + batches); nothing is copied.
    public func column(_ name: String) throws(ArrowError) -> TableColumn {
        tableColumn(try schema.position(of: name))
    }

    private func tableColumn(_ index: Int) -> TableColumn {
        TableColumn(schema.fields[index], batches.map { $0.columns[index] })
    }

    /// Some of the columns, in the order of the names, without a copy of any value.
    /// - Throws: `ArrowError` with `columnNotFound`.
    public func select(_ names: [String]) throws(ArrowError) -> Table {
        var positions: [Int] = []
        for name in names { positions.append(try schema.position(of: name)) }
        let chosen = Schema(positions.map { schema.fields[$0] }, metadata: schema.metadata)
        return Table(
            unchecked: chosen,
            batches.map { batch in
                RecordBatch(
                    schema: chosen, columns: positions.map { batch.columns[$0] },
                    count: batch.count, metadata: batch.metadata)
            })
    }

    /// Some of the rows, without a copy of any value. Traps when the range is outside `0..<count`.
    /// Complexity: O(columns × batches).
    public subscript(range: Range<Int>) -> Table {
        Table(unchecked: schema, cut(batches, range) { $0[$1] })
    }

    /// At most that many of the first rows, without a copy of any value. Traps when the number is
    /// negative. Complexity: O(columns × batches).
    public func prefix(_ maxCount: Int) -> Table {
        precondition(maxCount >= 0, "a table has no negative number of rows")
        return self[0..<min(maxCount, count)]
    }
}

extension RecordBatch {
    /// Number of rows; the same as `count`.
    public var rowCount: Int { count }

    /// Number of columns.
    public var columnCount: Int { columns.count }

    /// The names of the columns, in order.
    public var columnNames: [String] { schema.fields.map(\.name) }

    /// The first column of a name; nil when there is none. Complexity: O(columns).
    public subscript(name: String) -> Column? { schema.index(of: name).map { columns[$0] } }

    /// The first column of a name. Complexity: O(columns).
    /// - Throws: `ArrowError` with `columnNotFound`, which names the columns that there are.
    public func column(_ name: String) throws(ArrowError) -> Column {
        columns[try schema.position(of: name)]
    }
}

extension Schema {
    /// The first field of a name; nil when there is none. Complexity: O(fields).
    public subscript(name: String) -> Field? { fields.first { $0.name == name } }

    /// The position of the first field of a name.
    /// - Throws: `columnNotFound`, with the names that there are.
    func position(of name: String) throws(ArrowError) -> Int {
        if let index = index(of: name) { return index }
        let shown = fields.prefix(Self.maxNamesInMessage).map { "\"\($0.name)\"" }
        let rest = fields.count > shown.count ? " and \(fields.count - shown.count) more" : ""
        let others = shown.isEmpty ? "none" : shown.joined(separator: ", ") + rest
        throw ArrowError(
            .columnNotFound, stage: .batch, field: name,
            "there is no column \"\(name)\"; there are \(others)")
    }

    private static var maxNamesInMessage: Int { 12 }
}
