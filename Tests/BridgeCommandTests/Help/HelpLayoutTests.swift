import BridgeBytes
import BridgeCommand
import BridgeConsole
import TestKit
import Testing

/// The help on terminals of any width.
@Suite("Help layout")
struct HelpLayoutTests {
    private static let shown = Command.all.map(\.specification).filter { !$0.hidden }

    /// A text's words, without how they are broken into lines.
    private func words(_ text: String) -> [Substring] {
        text.split(whereSeparator: \.isWhitespace)
    }

    @Test(arguments: [40, 60, 80, 120])
    func `no sentence is wider than the terminal, and none is lost`(_ width: Int) {
        for command in Self.shown {
            let whole = HelpText.text(for: command)
            let broken = HelpText.text(for: command, width: width)
            #expect(words(broken) == words(whole), "\(command.name)")
            // Usage and examples are copied, and lists of a note are laid out already.
            let copied = Set([HelpText.usage(of: command)] + command.examples.map { "  \($0)" })
            let notes = Set(command.notes.flatMap { $0.split(separator: "\n").map(String.init) })
            for line in broken.split(separator: "\n").map(String.init) {
                guard !copied.contains(line), !notes.contains(line) else { continue }
                let longest = words(line).map { DisplayWidth.of(String($0)) }.max() ?? 0
                let isOneWord = words(line).count == 1
                #expect(
                    DisplayWidth.of(line) <= width || isOneWord || longest > width / 2,
                    "\(command.name): \(line)")
            }
        }
    }

    @Test func `the list of commands fits, too, and groups do`() throws {
        let texts = [
            HelpText.overview(of: Self.shown, width: 60),
            try #require(HelpText.group("kv", of: Self.shown, width: 60)),
        ]
        for text in texts {
            for line in text.split(separator: "\n") { #expect(line.count <= 60, "\(line)") }
        }
    }

    @Test(.enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
    func `lines are broken where COLUMNS says, and stay whole for a program`() async throws {
        let shell = try ShellRun(server: "")
        let narrow = try await shell.run(
            "export COLUMNS=60; natsbridge help && natsbridge help kv")
        #expect(narrow.status == 0 && narrow.lines.allSatisfy { $0.count <= 60 })
        let whole = try await shell.run("env -u COLUMNS natsbridge send --help")
        let summary = try #require(
            Self.shown.first { $0.name == "send" }?.options.map(\.summary).max {
                $0.count < $1.count
            })
        #expect(whole.output.contains(summary))
    }
}
