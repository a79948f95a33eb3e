internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON

/// `natsbridge envelope check`: validates an envelope and prints its normal form.
enum EnvelopeCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["envelope", "check"],
            summary: "validates an envelope and prints its normal form",
            operands: [OperandSpecification("FILE", .one, "the envelope; - is the standard input")],
            options: [
                .flag("--strict", "accept only the one form that is sent, no older or looser one")
            ] + CommonOptions.everywhere,
            notes: ["With --json the form is compact, on one line."],
            examples: ["natsbridge envelope check message.json --strict"]),
        run: { arguments, console throws(CommandFailure) in
            try await run(arguments, console)
        })

    private static func run(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let path = arguments.operands[0]
        let bytes = try await FileBytes.read(path)
        let envelope: Envelope
        do throws(EnvelopeError) {
            envelope = try EnvelopeReader.read(bytes, strict: arguments.has("--strict"))
        } catch {
            throw failure(error, path)
        }
        let normal = EnvelopeWriter.encode(envelope)
        if console.json {
            console.json(normal)
            console.json(Bytes(utf8: "\n"))
            return .ok
        }
        if let value = try? JSONValue(parsing: normal) {
            for line in JSONText.lines(of: value) { console.json(Bytes(utf8: line + "\n")) }
        }
        return .ok
    }

    private static func failure(_ error: EnvelopeError, _ path: String) -> CommandFailure {
        CommandFailure(
            .integrity, code: error.code, stage: "envelope \(error.stage.rawValue)",
            target: path, detail: error.detail)
    }
}
