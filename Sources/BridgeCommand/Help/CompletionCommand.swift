internal import BridgeConsole

/// `natsbridge completion`: a script that has a shell complete command lines.
enum CompletionCommand {
    private static let shells:
        [(name: String, script: @Sendable ([CommandSpecification]) -> String)] = [
            ("bash", { BashCompletion.script(for: $0) }),
            ("zsh", { ZshCompletion.script(for: $0) }),
            ("fish", { FishCompletion.script(for: $0) }),
        ]

    static let command = Command(
        specification: CommandSpecification(
            path: ["completion"],
            summary: "prints a script that has a shell complete command lines",
            operands: [
                OperandSpecification("SHELL", .one, "bash, zsh or fish")
                    .choosing(["bash", "zsh", "fish"])
            ], options: CommonOptions.everywhere,
            notes: [
                """
                For one session: source <(natsbridge completion bash), the same for zsh, and for
                fish: natsbridge completion fish | source. `make install` puts all three where the
                shells look for them.
                """
            ],
            examples: ["natsbridge completion bash"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            guard let shell = shells.first(where: { $0.name == name }) else {
                let known = shells.map(\.name)
                throw .usage(
                    "no completion for \"\(name)\"",
                    hint: NearestName.of(name, among: known).map { "did you mean \($0)?" }
                        ?? "the shells are \(known.joined(separator: ", "))")
            }
            console.line(shell.script(Command.all.map(\.specification)))
            return .ok
        })
}
