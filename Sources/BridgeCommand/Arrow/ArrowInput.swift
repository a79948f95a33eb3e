internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole

/// An Arrow stream or file that a command reads, batch by batch and as often as it likes.
struct ArrowInput: Sendable {
    static let operand = OperandSpecification(
        "FILE", .one, "an Arrow IPC stream or file; - is the standard input")
    static let options: [OptionSpecification] = [
        .value("--columns", "NAMES", "only these columns, in this order: a,b,c"),
        .flag("--salvage", "read what can be had of a file without its footer"),
        ArrowLimitOption.option,
    ]

    let path: String
    let bytes: Bytes
    let limits: ArrowLimits
    private let columns: ColumnSelection
    let salvages: Bool

    init(_ arguments: ParsedArguments) async throws(CommandFailure) {
        path = arguments.operands[0]
        limits = try ArrowLimitOption.limits(arguments) ?? .default
        salvages = arguments.has("--salvage")
        columns =
            arguments["--columns"].map { names in
                .named(names.split(separator: ",").map(String.init))
            } ?? .all
        // Mapped where that is possible, so that a large file's schema shows at once.
        let mapped = path == "-" ? nil : try? Bytes(mappingFile: path)
        bytes = if let mapped { mapped } else { try await FileBytes.read(path) }
    }

    /// Whether the input is a file, with a footer, and not a stream.
    var isFile: Bool { bytes.count >= 6 && Array("ARROW1".utf8) == [UInt8](bytes[0..<6]) }

    /// A reader at the start of the input.
    /// - Parameter columns: Which columns to read; those of the command line when it is nil.
    func reader(_ columns: ColumnSelection? = nil) throws(CommandFailure) -> StreamReader {
        try attempt { () throws(ArrowError) in
            try StreamReader(
                bytes, columns: columns ?? self.columns, limits: limits, salvagesFiles: salvages)
        }
    }

    /// Runs a body for every batch.
    /// - Parameter body: Returns whether it wants more.
    /// - Returns: Why a salvaged file ended, if it did not end with a mark.
    @discardableResult
    func forEachBatch(
        _ columns: ColumnSelection? = nil,
        _ body: (RecordBatch) throws(ArrowError) -> Bool
    ) throws(CommandFailure) -> ArrowError? {
        var reader = try reader(columns)
        while true {
            let batch: RecordBatch?
            do throws(ArrowError) { batch = try reader.next() } catch {
                guard salvages else { throw CommandFailure(error, target: path) }
                return error
            }
            guard let batch else { return nil }
            let wantsMore = try attempt { () throws(ArrowError) in try body(batch) }
            bytes.releasePages()
            if !wantsMore { return nil }
        }
    }

    /// How many rows and batches there are, by the heads alone.
    func count() throws(CommandFailure) -> (rows: Int, batches: Int) {
        var (rows, batches) = (0, 0)
        try forEachBatch(.at([])) { batch throws(ArrowError) in
            rows += batch.count
            batches += 1
            return true
        }
        return (rows, batches)
    }

    /// Tells a person what salvaging means for what was printed.
    func remarkOnSalvage(_ problem: ArrowError?, _ console: Console) {
        guard salvages else { return }
        let end =
            problem.map { "reading ended there: \($0.detail)" } ?? "its mark of the end was read"
        console.remark(
            "natsbridge: \(path) was read without its footer, so that rows may be missing; \(end)")
    }

    func attempt<T>(_ body: () throws(ArrowError) -> T) throws(CommandFailure) -> T {
        do throws(ArrowError) { return try body() } catch {
            throw CommandFailure(error, target: path)
        }
    }
}
