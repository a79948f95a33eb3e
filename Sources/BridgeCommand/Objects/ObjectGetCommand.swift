internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSObjectStore
internal import Synchronization

/// `natsbridge object get`: an object, or a part of it, into a file.
enum ObjectGetCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["object", "get"], summary: "writes an object, or a part of it, into a file",
            operands: [ObjectCommands.bucket, ObjectCommands.object],
            options: [
                .value("--output", short: "-o", "FILE", "where to write it; - is standard output"),
                .value(
                    "--range", "FROM:TO",
                    "only these bytes, from 0 on and without TO itself; either may be left out"),
                .flag(
                    "--resume",
                    "go on behind what an earlier attempt had fetched, and keep it for the next"),
            ] + ProgressOption.specifications + JetStreamAccess.options,
            notes: [
                """
                FILE appears whole, its length and digest checked, or not at all; of a range the
                length alone can be checked. With --resume, what a get that failed had fetched stays
                beside FILE in a file that ends in .partial. What goes to the standard output is out
                before that: the exit code says whether it is right.
                """
            ],
            examples: [
                "natsbridge object get photos cat.png -o copy.png",
                "natsbridge object get photos cat.png -o - --range :100 > beginning",
            ]),
        run: { arguments, console throws(CommandFailure) in
            guard let output = arguments["--output"], !output.isEmpty else {
                throw .usage("--output is missing", hint: "-o FILE says where to write it")
            }
            let range = try range(arguments["--range"])
            let resumes = arguments.has("--resume")
            let isFile = output != "-" && FileBytes.isRegular(output) != false
            guard !resumes || range == nil && isFile else {
                throw .usage("--resume goes with a whole object and a file of its own")
            }
            let (store, name) = (arguments.operands[0], arguments.operands[1])
            let style = try ProgressOption.style(arguments)
            let start = ContinuousClock.now
            let count = try await JetStreamAccess.run("object get", name, arguments, console) {
                jetStream throws(CommandFailure) in
                resumes
                    ? try await resume(name, of: store, to: output, jetStream, style)
                    : try await get(name, range, of: store, to: output, jetStream, style, console)
            }
            let time = ContinuousClock.now - start
            if output == "-" { return .ok }
            if console.json {
                console.line([
                    "path": .string(output), "size": JSONValue(count),
                    "seconds": JSONValue(Figures.seconds(time)),
                ])
            } else {
                console.line(
                    "\(output)  \(Figures.bytes(count))  \(Figures.rate(count, in: time))")
            }
            return .ok
        })

    private static func range(_ text: String?) throws(CommandFailure) -> Range<UInt64>? {
        guard let text else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            part.isEmpty ? nil : ByteCount.parse(String(part)) ?? -1
        }
        guard parts.count == 2, parts[0] ?? 0 >= 0, parts[1] ?? .max > parts[0] ?? 0 else {
            throw .usage("--range \"\(text)\" is no range", hint: "write 100:200, :64KB or 1MiB:")
        }
        return UInt64(parts[0] ?? 0)..<UInt64(parts[1] ?? .max)
    }

    private static func get(
        _ name: String, _ range: Range<UInt64>?, of store: String, to path: String,
        _ jetStream: JetStream, _ style: Progress.Style?, _ console: Console
    ) async throws(CommandFailure) -> Int {
        let bucket = try await CommandFailure.jetStream { () throws(JetStreamError) in
            try await jetStream.objectStore(store)
        }
        if let range {
            let slice = try await CommandFailure.jetStream { () throws(JetStreamError) in
                try await bucket.slice(range, of: name)
            }
            return try await write(slice, Int(clamping: slice.size), to: path, style, console)
        }
        let content = try await CommandFailure.jetStream { () throws(JetStreamError) in
            try await bucket.content(of: name)
        }
        return try await write(content, Int(clamping: content.info.size), to: path, style, console)
    }

    /// Fetches what is missing of an object.
    private static func resume(
        _ name: String, of store: String, to path: String, _ jetStream: JetStream,
        _ style: Progress.Style?
    ) async throws(CommandFailure) -> Int {
        try await CommandFailure.jetStream { () throws(JetStreamError) in
            let bucket = try await jetStream.objectStore(store)
            let size = try await bucket.info(name)?.size
            let progress = Progress("fetching", total: size.map { Int(clamping: $0) }, style: style)
            defer { progress.finish() }
            let before = Atomic<UInt64>(0)
            let info = try await bucket.get(name, toFile: path) { count, _ in
                let known = before.exchange(count, ordering: .relaxed)
                progress.advance(by: Int(clamping: count - min(known, count)))
            }
            return Int(clamping: info.size)
        }
    }

    /// Writes pieces as they come; returns how many bytes they had.
    private static func write<Pieces: AsyncSequence>(
        _ content: Pieces, _ size: Int, to path: String, _ style: Progress.Style?,
        _ console: Console
    ) async throws(CommandFailure) -> Int
    where Pieces.Element == Bytes, Pieces.Failure == JetStreamError {
        let progress = Progress("fetching", total: size, style: style)
        defer { progress.finish() }
        var pieces = content.makeAsyncIterator()
        var count = 0
        if path == "-" {
            while let piece = try await next(&pieces) {
                console.raw(piece)
                count += piece.count
                progress.advance(by: piece.count)
                if console.outputHasFailed { throw .ended("object get", "standard output") }
            }
            return count
        }
        let output = try FileOutput(path)
        while let piece = try await next(&pieces) {
            try output.append(piece)
            count += piece.count
            progress.advance(by: piece.count)
        }
        try output.finish()
        return count
    }

    private static func next<Pieces: AsyncIteratorProtocol>(
        _ pieces: inout Pieces
    ) async throws(CommandFailure) -> Bytes?
    where Pieces.Element == Bytes, Pieces.Failure == JetStreamError {
        do throws(JetStreamError) { return try await pieces.next(isolation: #isolation) } catch {
            throw CommandFailure(error)
        }
    }
}
