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
            let reader = try input.reader()
            let count = try input.count()
            if console.json {
                console.json(json(reader, rows: count.rows, batches: count.batches))
            } else {
                for line in lines(reader) { console.line(line) }
                console.line("")
                console.line(
                    TablePicture.size(
                        rows: count.rows, columns: reader.schema.fields.count,
                        batches: count.batches))
            }
            return .ok
        })

    private static func json(_ reader: StreamReader, rows: Int, batches: Int) -> Bytes {
        var writer = JSONWriter()
        writer.beginObject()
        ArrowJSONForm.write(schema: reader.schema, into: &writer)
        if let metadata = reader.fileMetadata {
            ArrowJSONForm.write(key: "file_metadata", metadata, into: &writer)
        }
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
    private static func lines(_ reader: StreamReader) -> [String] {
        let schema = reader.schema
        var lines: [String] = []
        for field in schema.fields {
            let null = field.isNullable ? "" : " not null"
            lines.append(TerminalText.line("\(field.name): \(field.typeText)\(null)"))
            lines += metadata(field.metadata, indent: "  ")
        }
        if let metadata = schema.metadata, !metadata.isEmpty {
            lines += ["", "metadata:"] + self.metadata(metadata, indent: "  ")
        }
        if let metadata = reader.fileMetadata, !metadata.isEmpty {
            lines += ["", "metadata of the file:"] + self.metadata(metadata, indent: "  ")
        }
        return lines
    }

    private static func metadata(_ metadata: Metadata?, indent: String) -> [String] {
        (metadata?.entries ?? []).map {
            TerminalText.line("\(indent)\($0)", atMost: longestValue)
        }
    }
}
