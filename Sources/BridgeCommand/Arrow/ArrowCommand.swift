internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON

/// `natsbridge arrow schema`: names, types and metadata of a stream's or a file's columns.
enum ArrowCommand {
    static let schema = Command(
        specification: CommandSpecification(
            path: ["arrow", "schema"], summary: "prints the schema of an Arrow stream or file",
            operands: [ArrowInput.operand],
            options: ArrowInput.options + CommonOptions.everywhere,
            notes: [ArrowLimitOption.note],
            examples: ["natsbridge arrow schema table.arrows"]),
        run: { arguments, console throws(CommandFailure) in
            let input = try await ArrowInput(arguments)
            let schema = try input.reader().schema
            let count = try input.count()
            if console.json {
                console.json(json(schema, rows: count.rows, batches: count.batches))
            } else {
                let size = "\(Figures.grouped(count.rows)) rows, \(schema.fields.count) columns, "
                for line in lines(schema) { console.line(line) }
                console.line("")
                console.line(size + "\(count.batches) batches")
            }
            return .ok
        })

    private static func json(_ schema: Schema, rows: Int, batches: Int) -> Bytes {
        var writer = JSONWriter()
        writer.beginObject()
        ArrowJSONForm.write(schema: schema, into: &writer)
        writer.key("rows")
        writer.number(rows)
        writer.key("batches")
        writer.number(batches)
        writer.endObject()
        writer.endLine()
        return writer.finish()
    }

    /// Longest value of metadata that is shown.
    private static let longestValue = 200

    /// A line for each field, as Arrow people write it, and its metadata below it.
    private static func lines(_ schema: Schema) -> [String] {
        var lines: [String] = []
        for field in schema.fields {
            let null = field.isNullable ? "" : " not null"
            lines.append(TerminalText.line("\(field.name): \(field.typeText)\(null)"))
            lines += metadata(field.metadata, indent: "  ")
        }
        if let metadata = schema.metadata, !metadata.isEmpty {
            lines += ["", "metadata:"] + self.metadata(metadata, indent: "  ")
        }
        return lines
    }

    private static func metadata(_ metadata: Metadata?, indent: String) -> [String] {
        (metadata?.entries ?? []).map {
            TerminalText.line("\(indent)\($0)", atMost: longestValue)
        }
    }
}
