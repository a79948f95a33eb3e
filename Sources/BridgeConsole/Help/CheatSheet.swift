/// The examples of commands, which work as they stand, each command under a line that says what
/// it is for.
package enum CheatSheet {
    package static func lines(for commands: [CommandSpecification]) -> [String] {
        let blocks = commands.filter { !$0.hidden && !$0.examples.isEmpty }.map { command in
            ["# \(command.name): \(command.summary)"] + command.examples
        }
        return Array(blocks.joined(separator: [""]))
    }
}
