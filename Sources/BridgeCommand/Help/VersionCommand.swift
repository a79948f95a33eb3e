internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON

/// `natsbridge version`: which release this is.
enum VersionCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["version"], summary: "prints which release this is",
            options: CommonOptions.everywhere,
            notes: ["Servers see the same version in CONNECT and in User-Agent."],
            examples: ["natsbridge version --json"]),
        run: { _, console throws(CommandFailure) in
            print(console)
            return .ok
        })

    static func print(_ console: Console) {
        if console.json {
            console.line(["name": "natsbridge", "version": .string(LibraryVersion.current)])
        } else {
            console.line("natsbridge \(LibraryVersion.current)")
        }
    }
}
