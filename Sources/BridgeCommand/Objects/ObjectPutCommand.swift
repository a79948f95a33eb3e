internal import BridgeBytes
internal import BridgeConsole
internal import NATSJetStream
internal import NATSObjectStore

/// `natsbridge object put`: a file becomes an object.
enum ObjectPutCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["object", "put"], summary: "stores a file as an object",
            operands: [
                ObjectCommands.bucket,
                OperandSpecification("FILE", .one, "the file; - is the standard input"),
            ],
            options: [
                .value("--name", "NAME", "the object's name (default FILE as it is given)"),
                .value("--description", "TEXT", "a sentence for people"),
                .value("--metadata", "K=V", repeats: true, "a note of the owner's; may repeat"),
            ] + ProgressOption.specifications + JetStreamAccess.options,
            notes: [
                """
                An object of that name is replaced when the new one is whole; what fails leaves the
                old one as it was.
                """
            ],
            examples: ["natsbridge object put photos cat.png --name cat.png"]),
        run: { arguments, console throws(CommandFailure) in
            let (store, path) = (arguments.operands[0], arguments.operands[1])
            guard let name = arguments["--name"] ?? (path == "-" ? nil : path) else {
                throw .usage("--name is missing", hint: "the standard input has no name")
            }
            var notes = ObjectInfo.Notes(description: arguments["--description"])
            notes.metadata = try arguments.notes("--metadata")
            let style = try ProgressOption.style(arguments)
            let start = ContinuousClock.now
            let said = notes
            let info = try await JetStreamAccess.run("object put", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await put(path, as: name, said, in: store, jetStream, style)
            }
            console.noteDone("the object is stored", outcome: "sent")
            if console.json {
                console.line(ObjectStoreText.json(info))
            } else {
                let (count, time) = (Int(clamping: info.size), ContinuousClock.now - start)
                console.line(
                    TerminalText.line(
                        "\(store) > \(name)  \(Figures.bytes(count))  "
                            + Figures.rate(count, in: time)))
            }
            return .ok
        })

    private static func put(
        _ path: String, as name: String, _ notes: ObjectInfo.Notes, in store: String,
        _ jetStream: JetStream, _ style: Progress.Style?
    ) async throws(CommandFailure) -> ObjectInfo {
        guard FileBytes.isRegular(path) == true else {
            // What has no size is read first, so that a pipe that breaks leaves no half.
            let bytes = try await FileBytes.read(path)
            return try await CommandFailure.jetStream { () throws(JetStreamError) in
                try await jetStream.objectStore(store).put(bytes, as: name, notes: notes)
            }
        }
        let pieces = try FilePieces(path)
        let progress = Progress("storing", total: pieces.size, style: style)
        defer { progress.finish() }
        let counted = pieces.map { piece in
            progress.advance(by: piece.count)
            return piece
        }
        do throws(CommandFailure) {
            return try await CommandFailure.jetStream { () throws(JetStreamError) in
                try await jetStream.objectStore(store).put(
                    contentsOf: counted, as: name, notes: notes)
            }
        } catch {
            var failure = error
            if failure.code == .sourceFailed { failure.target = path }
            throw failure
        }
    }
}
