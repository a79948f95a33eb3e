internal import BridgeConsole
internal import Glibc

/// The program `natsbridge`.
@main enum NATSBridgeCommand {
    static func main() async {
        StandardOutput.reserveDescriptors()
        // A reader that has gone is an error of the write, which ends the command in order.
        _ = signal(SIGPIPE, SIG_IGN)
        let words = Array(CommandLine.arguments.dropFirst())
        let code = await Interruption.whileRunning { await run(words) }
        exit(finish(code).rawValue)
    }

    /// The exit code, with what became of the output: nothing that was printed may be missing
    /// with exit code 0.
    private static func finish(_ code: ExitCode) -> ExitCode {
        switch StandardOutput.finish() {
        case .whole: return code
        case .readerGone: break
        case .failed(let failure): Console(json: false).report(failure)
        // What ended the command has been told.
        case .cut(let failure):
            if code == .ok || code == .interrupted { Console(json: false).report(failure) }
        }
        if code == .ok { return Interruption.happened ? .interrupted : .other }
        // The failed output has cancelled the command, as a signal does.
        return code == .interrupted && !Interruption.happened ? .other : code
    }

    /// Runs one command line and reports what went wrong, if anything did.
    private static func run(_ words: [String]) async -> ExitCode {
        let json = words.contains("--json")
        let console = Console(
            json: json, verbose: words.contains { ["--verbose", "-v"].contains($0) })
        do throws(CommandFailure) {
            if let place = ThisProgram.unreadableArgument {
                throw .usage(
                    "argument \(place) is no UTF-8",
                    hint: "bytes of any kind come from a file, as @FILE")
            }
            return try await dispatch(words, console)
        } catch {
            // The output has ended the command, and whatever that fails with means no more.
            if console.outputHasFailed, !Interruption.happened, error.outcome == nil {
                return .interrupted
            }
            let isCancelled = Interruption.happened || console.outputHasFailed
            // Whoever has interrupted a command knows it; what became of a message is news, and a
            // program is always told.
            if !isCancelled || error.exit != .interrupted || error.outcome != nil
                || json && !console.outputHasFailed
            {
                console.report(error)
            }
            return Interruption.happened ? .interrupted : error.exit
        }
    }

    private static func dispatch(
        _ words: [String], _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        switch words.first {
        case nil:
            console.remark(try HelpCommand.text([]))
            return .usage
        case "--help", "-h":
            console.line(try HelpCommand.text([]))
            return .ok
        case "--version":
            VersionCommand.print(console)
            return .ok
        default:
            if words.count == 2, ["--help", "-h"].contains(words[1]),
                let group = HelpText.group(
                    words[0], of: Command.all.map(\.specification), width: Terminal.readingWidth)
            {
                console.line(group)
                return .ok
            }
            let (command, rest) = try Command.find(words, among: Command.all)
            let arguments = try OptionParser.parse(rest, for: command.specification)
            if arguments.has("--help") {
                console.line(
                    HelpText.text(for: command.specification, width: Terminal.readingWidth))
                return .ok
            }
            return try await command.run(arguments, console)
        }
    }
}
