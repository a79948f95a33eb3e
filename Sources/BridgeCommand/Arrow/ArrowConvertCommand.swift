internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON

/// `natsbridge arrow convert`: streams into files and back, with other columns, rows or
/// compression. Memory holds one batch and the dictionaries.
enum ArrowConvertCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["arrow", "convert"],
            summary: "writes an Arrow stream or file anew: as the other, compressed, or a part",
            operands: [
                ArrowInput.operand,
                OperandSpecification("OUTPUT", .one, "where to write it; - is standard output"),
            ],
            options: [
                .value("--to", "FORM", "stream or file (default by the name: .arrow is a file)"),
                .value("--compression", "CODEC", "none (default), lz4 or zstd"),
                .value(
                    "--slice", "FROM:TO", "only these rows, from 0 on; either may be left out"),
            ] + ArrowInput.options + CommonOptions.everywhere,
            notes: [
                ArrowLimitOption.note,
                """
                Files have a footer, by which any of their batches is read (.arrow, .feather);
                streams (.arrows) are what messages carry. OUTPUT appears whole or not at all.
                """,
            ],
            examples: [
                "natsbridge arrow convert table.arrows table.arrow --compression lz4",
                "natsbridge arrow convert big.arrow - --columns id --slice :1000 > part.arrows",
            ]),
        run: { arguments, console throws(CommandFailure) in
            let input = try await ArrowInput(arguments)
            return try await FileOutput.run(to: arguments.operands[1]) {
                () throws(CommandFailure) in try run(input, arguments, console)
            }
        })

    private static func run(
        _ input: ArrowInput, _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) -> ExitCode {
        let path = arguments.operands[1]
        let slice = try slice(arguments["--slice"])
        var options = WriteOptions.portable
        options.compression = try compression(arguments["--compression"])
        let isFile = try isFile(arguments["--to"], path)
        let reader = try input.reader()
        var encoder = Encoder(reader, options: options, isFile: isFile)
        var output = try Output(path, console)
        let progress = Progress("converting", total: input.bytes.count)
        defer { progress.finish() }
        var (start, rows, batches) = (0, 0, 0)
        try output.append(encoder.begin(), progress)
        var failure: CommandFailure?
        let problem = try input.forEachBatch { batch throws(ArrowError) in
            let part = slice.clamped(to: start..<start + batch.count)
            let (lower, upper) = (part.lowerBound - start, part.upperBound - start)
            start += batch.count
            guard lower < upper || batch.count == 0 else { return start < slice.upperBound }
            let plan = try encoder.append(batch[lower..<upper])
            rows += upper - lower
            batches += 1
            do throws(CommandFailure) { try output.append(plan, progress) } catch {
                failure = error
                return false
            }
            return start < slice.upperBound && !console.outputHasFailed && !Task.isCancelled
        }
        if let failure { throw failure }
        if Task.isCancelled { throw .ended("convert", path) }
        try output.append(encoder.finish(), progress)
        let size = output.count
        try output.finish()
        input.remarkOnSalvage(problem, console)
        if !isFile, reader.fileMetadata?.isEmpty == false {
            console.remark(
                "natsbridge: the metadata of \(input.path)'s footer was left out, as a stream has"
                    + " no place for it")
        }
        if path != "-" { show(path, size, rows, batches, console) }
        return .ok
    }

    private static func show(
        _ path: String, _ size: Int, _ rows: Int, _ batches: Int, _ console: Console
    ) {
        if console.json {
            console.line([
                "path": .string(path), "size": .number(.init(size)), "rows": .number(.init(rows)),
                "batches": .number(.init(batches)),
            ])
        } else {
            console.line(
                "\(path)  \(Figures.bytes(size))  \(Figures.grouped(rows))"
                    + " row\(rows == 1 ? "" : "s") in \(Figures.grouped(batches))"
                    + " batch\(batches == 1 ? "" : "es")")
        }
    }

    /// A writer of either form.
    private enum Encoder {
        case stream(StreamWriter)
        case file(FileWriter)

        init(_ reader: StreamReader, options: WriteOptions, isFile: Bool) {
            let (schema, metadata) = (reader.schema, reader.fileMetadata)
            self =
                isFile
                ? .file(FileWriter(schema: schema, metadata: metadata, options: options))
                : .stream(StreamWriter(schema: schema, options: options))
        }

        mutating func begin() -> StreamPlan {
            switch self {
            case .stream(let writer): return writer.begin()
            case .file(var writer):
                defer { self = .file(writer) }
                return writer.begin()
            }
        }

        mutating func append(_ batch: RecordBatch) throws(ArrowError) -> StreamPlan {
            switch self {
            case .stream(var writer):
                defer { self = .stream(writer) }
                return try writer.append(batch)
            case .file(var writer):
                defer { self = .file(writer) }
                return try writer.append(batch)
            }
        }

        mutating func finish() -> StreamPlan {
            switch self {
            case .stream(let writer): return writer.finish()
            case .file(var writer):
                defer { self = .file(writer) }
                return writer.finish()
            }
        }
    }

    /// The file, or the standard output.
    private struct Output: ~Copyable {
        private let console: Console
        private var file: FileOutput?
        private(set) var count = 0

        init(_ path: String, _ console: Console) throws(CommandFailure) {
            self.console = console
            file = path == "-" ? nil : try FileOutput(path)
        }

        mutating func append(_ plan: StreamPlan, _ progress: Progress) throws(CommandFailure) {
            for piece in plan.segments {
                if file == nil { console.raw(piece) }
                try file?.append(piece)
                count += piece.count
                progress.advance(by: piece.count)
            }
        }

        consuming func finish() throws(CommandFailure) {
            if let file = consume file { try file.finish() }
        }
    }
}

// MARK: - Arguments

extension ArrowConvertCommand {
    private static func slice(_ text: String?) throws(CommandFailure) -> Range<Int> {
        guard let text else { return 0..<Int.max }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let from = parts.first.map { $0.isEmpty ? 0 : Int($0) } ?? nil
        let to = parts.last.map { $0.isEmpty ? Int.max : Int($0) } ?? nil
        guard parts.count == 2, let from, let to, from >= 0, to >= from else {
            throw .usage(
                "--slice \"\(text)\" is no range of rows", hint: "write 100:200, :1000 or 5000:")
        }
        return from..<to
    }

    private static func compression(
        _ text: String?
    ) throws(CommandFailure) -> WriteOptions.Compression {
        switch text {
        case nil, "none": return .none
        case "lz4": return .lz4
        case "zstd": return .zstandard
        case let text?:
            throw .usage("--compression \"\(text)\" is no codec", hint: "write none, lz4 or zstd")
        }
    }

    private static func isFile(_ text: String?, _ path: String) throws(CommandFailure) -> Bool {
        switch text {
        case "file": return true
        case "stream": return false
        case nil: return path.hasSuffix(".arrow") || path.hasSuffix(".feather")
        case let text?: throw .usage("--to \"\(text)\" is no form", hint: "write stream or file")
        }
    }
}
