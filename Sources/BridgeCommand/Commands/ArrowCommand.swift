internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON

/// `natsbridge arrow cat` and `arrow schema`: what an Arrow IPC stream holds.
enum ArrowCommand {
    /// Rows that the readable table shows unless asked for more.
    private static let defaultRows = 20

    private static let file = OperandSpecification(
        "FILE", .one, "an Arrow IPC stream; - is the standard input")

    static let cat = Command(
        specification: CommandSpecification(
            path: ["arrow", "cat"], summary: "prints the rows of an Arrow stream",
            operands: [file],
            options: [
                .value("--rows", "N", "at most N rows of the readable table (default 20)")
            ] + CommonOptions.everywhere,
            examples: ["natsbridge arrow cat table.arrows", "natsbridge arrow cat - --json < t"]),
        run: { arguments, console throws(CommandFailure) in
            let rows = try arguments.integer("--rows") ?? defaultRows
            let path = arguments.operands[0]
            let table = try await read(path)
            try attempt(path) { () throws(ArrowError) in
                if console.json {
                    console.json(try json(table))
                } else {
                    for line in try lines(table, rows: rows) { console.line(line) }
                }
            }
            return .ok
        })

    static let schema = Command(
        specification: CommandSpecification(
            path: ["arrow", "schema"], summary: "prints the schema of an Arrow stream",
            operands: [file], options: CommonOptions.everywhere,
            examples: ["natsbridge arrow schema table.arrows"]),
        run: { arguments, console throws(CommandFailure) in
            let table = try await read(arguments.operands[0])
            if console.json {
                console.json(schemaJSON(table))
            } else {
                for line in schemaLines(table) { console.line(line) }
            }
            return .ok
        })

    private static func read(_ path: String) async throws(CommandFailure) -> Table {
        // Mapped where that is possible, so that a large file's schema shows at once.
        let mapped = try? Bytes(mappingFile: path)
        let bytes = if let mapped { mapped } else { try await FileBytes.read(path) }
        return try attempt(path) { () throws(ArrowError) in try Table(ipcStream: bytes) }
    }

    private static func attempt<T>(
        _ path: String, _ body: () throws(ArrowError) -> T
    ) throws(CommandFailure) -> T {
        do throws(ArrowError) { return try body() } catch {
            throw CommandFailure(error, target: path)
        }
    }

    private static func json(_ table: Table) throws(ArrowError) -> Bytes {
        var writer = JSONWriter()
        try ArrowJSONForm.write(table, into: &writer)
        writer.endLine()
        return writer.finish()
    }

    private static func schemaJSON(_ table: Table) -> Bytes {
        var writer = JSONWriter()
        writer.beginObject()
        ArrowJSONForm.write(schema: table.schema, into: &writer)
        writer.key("rows")
        writer.number(table.count)
        writer.endObject()
        writer.endLine()
        return writer.finish()
    }

    private static func schemaLines(_ table: Table) -> [String] {
        var text = TextTable([.init("column"), .init("type"), .init("nulls"), .init("metadata")])
        for field in table.schema.fields {
            text.append([
                field.name, field.type.description, field.isNullable ? "allowed" : "none",
                metadata(field.metadata),
            ])
        }
        return text.lines + ["", summary(table)]
            + (table.schema.metadata.map { ["metadata: " + metadata($0)] } ?? [])
    }

    private static func metadata(_ metadata: Metadata?) -> String {
        (metadata?.entries ?? []).map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }

    private static func summary(_ table: Table) -> String {
        "\(Figures.grouped(table.count)) rows, \(table.schema.fields.count) columns,"
            + " \(table.batches.count) batches"
    }

    private static func lines(_ table: Table, rows: Int) throws(ArrowError) -> [String] {
        var text = TextTable(
            table.schema.fields.map { .init($0.name, isNumeric: isNumeric($0.type)) })
        var left = rows
        for batch in table.batches where left > 0 {
            let count = min(left, batch.count)
            left -= count
            var cells: [[String]] = []
            for column in batch.columns { cells.append(try texts(column[0..<count])) }
            for row in 0..<count { text.append(cells.map { $0[row] }) }
        }
        return text.lines + ["", summary(table)]
    }

    /// The values of a column as people read them.
    private static func texts(_ column: Column) throws(ArrowError) -> [String] {
        var writer = JSONWriter()
        try ArrowJSONForm.write(column, into: &writer)
        let values = (try? JSONValue(parsing: writer.finish()))?.arrayValue ?? []
        return values.map { $0.isNull ? "" : $0.stringValue ?? $0.description }
    }

    private static func isNumeric(_ type: DataType) -> Bool {
        switch type {
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float16, .float32,
            .float64, .decimal, .duration:
            true
        default: false
        }
    }
}
