/// The words of all commands that are shown, as shells and the help text need them: by the first
/// word, and where that stands for a group, by the second.
package struct CommandTree: Sendable {
    /// One first word: a command of its own, or the name of a group.
    package struct Branch: Sendable {
        package let word: String
        /// The commands under it; one whose path is the word alone, or all of a group.
        package let commands: [CommandSpecification]

        /// Whether a second word selects the command.
        package var isGroup: Bool { commands.contains { $0.path.count > 1 } }

        /// What the word is for, in a few words.
        package var summary: String {
            guard isGroup else { return commands[0].summary }
            return commands.map { $0.path.last ?? "" }.joined(separator: ", ")
        }
    }

    package let branches: [Branch]

    /// Hidden commands are left out; groups stand where their first command does.
    package init(_ commands: [CommandSpecification]) {
        let shown = commands.filter { !$0.hidden }
        var words: [String] = []
        for command in shown where !words.contains(command.path[0]) {
            words.append(command.path[0])
        }
        branches = words.map { word in
            Branch(word: word, commands: shown.filter { $0.path[0] == word })
        }
    }
}
