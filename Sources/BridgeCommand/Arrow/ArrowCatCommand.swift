internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON

/// `natsbridge arrow cat`: the rows of a stream or a file.
///
/// Memory holds one batch, and of the output one piece. What cannot be printed is told before the
/// first byte of the output.
enum ArrowCatCommand {
    /// Rows that the readable table shows unless asked for more.
    private static let defaultRows = 20

    static let command = Command(
        specification: CommandSpecification(
            path: ["arrow", "cat"], summary: "prints the rows of an Arrow stream or file",
            operands: [ArrowInput.operand],
            options: [
                .value("--rows", "N", "the first N rows (default 20; with --json all)"),
                .value("--tail", "N", "the last N rows, after those of --rows"),
                .value("--width", "N", "characters of a line (default the terminal's; 0: any)"),
                .flag("--describe", "what each column holds: nulls, least, greatest, distinct"),
            ] + ArrowInput.options + CommonOptions.everywhere,
            notes: [ArrowLimitOption.note],
            examples: [
                "natsbridge arrow cat table.arrow --rows 5 --tail 5",
                "natsbridge arrow cat - --json < table.arrows",
            ]),
        run: { arguments, console throws(CommandFailure) in
            let input = try await ArrowInput(arguments)
            let rows = try arguments.integer("--rows")
            let tail = try arguments.integer("--tail")
            if arguments.has("--describe") {
                return try describe(input, arguments, console)
            }
            let hasRange = rows != nil || tail != nil
            let range = Excerpt(rows: rows ?? (tail == nil ? defaultRows : 0), tail: tail ?? 0)
            if console.json {
                try json(input, hasRange ? range : nil, console)
            } else {
                try table(input, range, try format(arguments), console)
            }
            return .ok
        })

    /// Which rows are shown.
    private struct Excerpt {
        let rows: Int
        let tail: Int

        /// The rows of a batch that are shown: those of the beginning and those of the end. The
        /// batch begins at row `start` of `count`.
        func parts(
            of batch: RecordBatch, from start: Int, of count: Int
        ) -> (head: RecordBatch, end: RecordBatch) {
            let all = batch.count
            let head = min(max(rows - start, 0), all)
            let end = min(max(max(count - tail, rows) - start, 0), all)
            return (batch[0..<head], batch[end..<all])
        }

        /// How many rows are left out between the two.
        func gap(of count: Int) -> Int {
            let head = min(rows, count)
            return count - head - min(tail, count - head)
        }
    }

    private static func format(_ arguments: ParsedArguments) throws(CommandFailure) -> TableFormat {
        let width = try arguments.integer("--width")
        return TableFormat(
            rows: Int.max, width: width == 0 ? nil : width ?? Terminal.width,
            usesColor: Terminal.hasColor)
    }

    private static func table(
        _ input: ArrowInput, _ range: Excerpt, _ format: TableFormat, _ console: Console
    ) throws(CommandFailure) {
        let count = try input.count()
        var picture = TablePicture(try input.reader().schema, format)
        var start = 0
        var gap = range.tail > 0 ? range.gap(of: count.rows) : 0
        let problem = try input.forEachBatch { batch throws(ArrowError) in
            let (head, end) = range.parts(of: batch, from: start, of: count.rows)
            picture.append(head)
            start += batch.count
            if gap > 0, start > range.rows {
                picture.appendGap(gap)
                gap = 0
            }
            picture.append(end)
            return start < range.rows || range.tail > 0
        }
        for line in picture.lines(count: count.rows, batches: count.batches) {
            console.styled(line)
        }
        input.remarkOnSalvage(problem, console)
    }

    private static func json(
        _ input: ArrowInput, _ range: Excerpt?, _ console: Console
    ) throws(CommandFailure) {
        let schema = try input.reader().schema
        let count = range == nil ? 0 : try input.count().rows
        func parts(_ batch: RecordBatch, _ start: Int) -> [RecordBatch] {
            guard let (head, end) = range?.parts(of: batch, from: start, of: count) else {
                return [batch]
            }
            return [head, end].filter { $0.count > 0 }
        }
        var size = PrintedSize(limits: input.limits)
        var start = 0
        let problem = try input.forEachBatch { batch throws(ArrowError) in
            for part in parts(batch, start) { try size.add(part) }
            start += batch.count
            return true
        }
        var output = JSONPieces { piece in console.jsonPiece(piece) }
        ArrowJSONForm.begin(schema, into: &output)
        start = 0
        try print(input, into: &output) { batch in
            defer { start += batch.count }
            return parts(batch, start)
        }
        ArrowJSONForm.end(into: &output)
        output.writer.endLine()
        output.finish()
        input.remarkOnSalvage(problem, console)
    }

    private static func print(
        _ input: ArrowInput, into output: inout JSONPieces,
        _ parts: (RecordBatch) -> [RecordBatch]
    ) throws(CommandFailure) {
        var reader = try input.reader()
        while true {
            let batch: RecordBatch?
            do throws(ArrowError) { batch = try reader.next() } catch {
                // A salvaged file ends at its first bad message, as it did before.
                if input.salvages { return }
                throw CommandFailure(error, target: input.path)
            }
            guard let batch else { return }
            try input.attempt { () throws(ArrowError) in
                for part in parts(batch) { try ArrowJSONForm.write(part, into: &output) }
            }
            input.bytes.releasePages()
        }
    }

    private static func describe(
        _ input: ArrowInput, _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) -> ExitCode {
        var description = TableDescription(try input.reader().schema, limits: input.limits)
        let problem = try input.forEachBatch { batch throws(ArrowError) in
            try description.add(batch)
            return true
        }
        if console.json {
            let text = try input.attempt { () throws(ArrowError) in
                try ArrowJSONForm.text(of: description.table())
            }
            console.json(text)
            console.line("")
        } else {
            let format = try format(arguments)
            let lines = try input.attempt { () throws(ArrowError) in try description.lines(format) }
            for line in lines { console.styled(line) }
        }
        input.remarkOnSalvage(problem, console)
        return .ok
    }
}
