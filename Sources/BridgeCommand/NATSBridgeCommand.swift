internal import Glibc

/// The program `natsbridge`.
@main enum NATSBridgeCommand {
    static let version = "0.1.0"

    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        let code = await Interruption.whileRunning { await run(words) }
        exit(Interruption.happened ? ExitCode.interrupted.rawValue : code.rawValue)
    }

    /// Runs one command line and reports what went wrong, if anything did.
    private static func run(_ words: [String]) async -> ExitCode {
        let json = words.contains("--json")
        let console = Console(
            json: json, verbose: words.contains { ["--verbose", "-v"].contains($0) })
        do throws(CommandFailure) {
            return try await dispatch(words, console)
        } catch {
            if Interruption.happened { return .interrupted }
            console.report(error)
            return error.exit
        }
    }

    private static func dispatch(
        _ words: [String], _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let overview = HelpText.overview(of: Command.all.map(\.specification))
        switch words.first {
        case nil:
            console.remark(overview)
            return .usage
        case "--help", "-h", "help":
            console.line(overview)
            return .ok
        case "--version":
            console.line("natsbridge \(version)")
            return .ok
        default:
            let (command, rest) = try Command.find(words)
            let arguments = try OptionParser.parse(rest, for: command.specification)
            if arguments.has("--help") {
                console.line(HelpText.text(for: command.specification))
                return .ok
            }
            return try await command.run(arguments, console)
        }
    }
}
