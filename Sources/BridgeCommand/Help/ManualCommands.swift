internal import BridgeConsole

/// `natsbridge man` and `natsbridge cheat`: all commands on one page.
enum ManualCommands {
    static let manual = Command(
        specification: CommandSpecification(
            path: ["man"], summary: "prints the manual page, for man to show",
            options: CommonOptions.everywhere,
            examples: ["natsbridge man | man -l -"]),
        run: { _, console throws(CommandFailure) in
            console.line(ManualPage.roff(for: Command.all.map(\.specification)))
            return .ok
        })

    static let cheat = Command(
        specification: CommandSpecification(
            path: ["cheat"], summary: "prints command lines that work as they stand",
            operands: [OperandSpecification("COMMAND", .any, "only of these commands")],
            options: CommonOptions.everywhere,
            examples: ["natsbridge cheat kv"]),
        run: { arguments, console throws(CommandFailure) in
            let words = arguments.operands
            let found = Command.all.map(\.specification).filter { $0.path.starts(with: words) }
            if found.isEmpty { _ = try Command.find(words, among: Command.all) }
            for line in CheatSheet.lines(for: found) { console.line(line) }
            return .ok
        })
}
