import BridgeBytes
import BridgeCommand
import BridgeConsole
import BridgeJSON
import TestKit
import Testing

/// The manual page, the cheat sheet, the help and the version: one table, four forms.
@Suite("Manual", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ManualTests {
    private static let groff = Environment.executable(named: "groff")
    private static let mandoc = Environment.executable(named: "mandoc")

    private var shown: [CommandSpecification] {
        Command.all.map(\.specification).filter { !$0.hidden }
    }

    @Test func `the page has every command, each of its options and every exit code`() async throws
    {
        let page = try await CommandRun.run(["man"])
        #expect(page.status == 0)
        #expect(
            page.output.contains(".TH NATSBRIDGE 1 \"\" \"natsbridge \(LibraryVersion.current)\""))
        let text = page.output.replacing("\\-", with: "-")
        for command in shown {
            #expect(text.contains(".SS natsbridge \(command.name)"), "\(command.name)")
            for option in command.options {
                #expect(text.contains(option.name), "\(command.name) \(option.name)")
            }
        }
        let sections = page.lines.filter { $0.hasPrefix(".SH ") }.map { $0.dropFirst(4) }
        #expect(
            sections == [
                "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "SHARED OPTIONS", "ENVIRONMENT",
                "EXIT STATUS",
            ])
        for code in ExitCode.allCases { #expect(page.lines.contains(".B \(code.rawValue)")) }
        // No line of text is taken for a request.
        let requests = Set(page.lines.filter { $0.hasPrefix(".") }.map { $0.prefix { $0 != " " } })
        let known: Set<Substring> = [
            ".\\\"", ".TH", ".SH", ".SS", ".TP", ".B", ".I", ".PP", ".nf", ".fi", ".RS", ".RE",
        ]
        #expect(requests.isSubset(of: known), "\(requests.subtracting(known))")
    }

    @Test(.enabled(if: groff != nil, "no groff is installed"))
    func `groff formats it without a warning`() async throws {
        let run = try await ShellRun(server: "").run(
            "natsbridge man > page.1 && groff -man -Tutf8 -ww page.1 > page.txt && wc -l < page.txt"
        )
        #expect(run.status == 0)
        #expect(run.errors.isEmpty, "\(run.errors)")
        #expect(Int(run.lines.first ?? "") ?? 0 > 300)
    }

    @Test(.enabled(if: mandoc != nil, "no mandoc is installed"))
    func `mandoc finds no error`() async throws {
        let run = try await ShellRun(server: "").run("natsbridge man | mandoc -T lint -W warning")
        let lines = run.lines.filter { !$0.contains("missing date") }
        #expect(lines.isEmpty, "\(lines)")
    }

    @Test func `the cheat sheet has every example, or those of a group`() async throws {
        let sheet = try await CommandRun.run(["cheat"])
        for example in shown.flatMap(\.examples) { #expect(sheet.lines.contains(example)) }
        let part = try await CommandRun.run(["cheat", "kv"])
        #expect(part.lines.allSatisfy { $0.hasPrefix("# kv ") || $0.hasPrefix("natsbridge kv ") })
        #expect(part.lines.count > 10)
        let none = try await CommandRun.run(["cheat", "kw"])
        #expect(none.status == 2)
    }

    @Test func `help explains a command, an alias of it and a group`() async throws {
        let help = try await CommandRun.run(["help", "stream", "add"])
        let option = try await CommandRun.run(["stream", "add", "--help"])
        let alias = try await CommandRun.run(["stream", "create", "-h"])
        #expect(help.status == 0 && help.output.hasPrefix("natsbridge stream add STREAM"))
        #expect(help.output == option.output && alias.output == option.output)
        #expect(help.output.contains("Also: stream create, stream new."))
        for words in [["help", "kv"], ["kv", "--help"]] {
            let group = try await CommandRun.run(words)
            #expect(group.status == 0)
            #expect(group.output.contains("kv watch") && !group.output.contains("stream"))
        }
        #expect(try await CommandRun.run(["help"]).output == CommandRun.run(["--help"]).output)
    }

    @Test func `a word that a group does not have is answered with the nearest`() async throws {
        let near = try await CommandRun.run(["stream", "inf"])
        #expect(near.status == 2)
        #expect(near.errors.contains("did you mean stream info?"))
        let far = try await CommandRun.run(["stream", "xyzzy"])
        #expect(far.errors.contains("stream has ls, info, add"))
        let alone = try await CommandRun.run(["stream"])
        #expect(alone.errors.contains("stream needs another word"))
    }

    @Test func `the version is the library's, in every place that tells it`() async throws {
        let version = LibraryVersion.current
        #expect(try await CommandRun.run(["version"]).lines == ["natsbridge \(version)"])
        #expect(try await CommandRun.run(["--version"]).lines == ["natsbridge \(version)"])
        let object = try #require(try await CommandRun.run(["version", "--json"]).json().first)
        #expect(object == ["name": "natsbridge", "version": .string(version)])
    }
}
