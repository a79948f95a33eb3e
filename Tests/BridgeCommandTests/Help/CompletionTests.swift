import BridgeCommand
import BridgeConsole
import Foundation
import TestKit
import Testing

/// What shells make of the scripts of `natsbridge completion`.
@Suite("Completion", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct CompletionTests {
    private static let bash = Environment.executable(named: "bash")
    private static let zsh = Environment.executable(named: "zsh")
    private static let fish = Environment.executable(named: "fish")

    private func script(_ shell: String) async throws -> (path: String, folder: TemporaryDirectory)
    {
        let run = try await CommandRun.run(["completion", shell])
        #expect(run.status == 0, "\(run.errors)")
        let folder = try TemporaryDirectory()
        try run.output.write(
            toFile: folder.file("completion"), atomically: true, encoding: .utf8)
        return (folder.file("completion"), folder)
    }

    /// What bash offers for words, the last of which is being typed.
    private func offered(_ words: [String], by path: String) async throws -> [String] {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let lines = """
            source '\(path)'
            COMP_WORDS=(natsbridge \(quoted)) COMP_CWORD=\(words.count)
            _natsbridge
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let run = try await ShellRun(server: "").run(lines)
        #expect(run.status == 0, "\(run.errors)")
        return run.lines
    }

    @Test(.enabled(if: bash != nil, "no bash")) func `bash reads the script`() async throws {
        let (path, folder) = try await script("bash")
        let check = try await ShellRun(server: "").run("bash -n '\(path)' && source '\(path)'")
        #expect(check.status == 0, "\(check.errors)")
        _ = folder
    }

    @Test(.enabled(if: bash != nil, "no bash"))
    func `bash completes commands, their second words, options and choices`() async throws {
        let (path, folder) = try await script("bash")
        #expect(try await offered(["rec"], by: path) == ["receive"])
        #expect(try await offered(["stream", "p"], by: path) == ["purge"])
        #expect(try await offered(["stream", "add", "--max-m"], by: path).contains("--max-msgs"))
        #expect(try await offered(["receive", "--order", "s"], by: path) == ["strict"])
        #expect(try await offered(["receive", "--order", "=", "s"], by: path) == ["strict"])
        #expect(try await offered(["receive", "x", "--order", "="], by: path).count == 3)
        // An alias has what its command has.
        let removal = try await offered(["kv", "rm", "--"], by: path)
        #expect(removal == (try await offered(["kv", "del", "--"], by: path)))
        #expect(removal.contains("--force"))
        // A value that nobody can know is not made up.
        #expect(try await offered(["stream", "info", ""], by: path).joined() == "")
        _ = folder
    }

    @Test(.enabled(if: bash != nil, "no bash"))
    func `bash offers every command and each of its options`() async throws {
        let (path, folder) = try await script("bash")
        for command in Command.all.map(\.specification) where !command.hidden {
            let options = try await offered(command.path + ["--"], by: path)
            let known = command.options.map(\.name)
            #expect(Set(options) == Set(known), "\(command.name)")
            if command.path.count > 1 {
                #expect(
                    try await offered([command.path[0], command.path[1]], by: path)
                        .contains(command.path[1]))
            }
        }
        _ = folder
    }

    @Test(.enabled(if: bash != nil, "no bash"))
    func `bash offers files where a file is wanted`() async throws {
        let (path, folder) = try await script("bash")
        let place = folder.file("")
        #expect(try await offered(["arrow", "cat", place], by: path) == [path])
        #expect(try await offered(["send", "--creds", place], by: path) == [path])
    }

    @Test(.enabled(if: zsh != nil, "no zsh is installed"))
    func `zsh reads the script`() async throws {
        let (path, folder) = try await script("zsh")
        let check = try await ShellRun(server: "").run(
            """
            zsh -n '\(path)' && zsh -c 'autoload -U compinit; compinit -u -d \(path).d
            source \(path); print -r -- ${_comps[natsbridge]}'
            """)
        #expect(check.status == 0, "\(check.errors)")
        #expect(check.lines == ["_natsbridge"])
        _ = folder
    }

    @Test(.enabled(if: fish != nil, "no fish is installed"))
    func `fish completes commands, options and choices`() async throws {
        let (path, folder) = try await script("fish")
        func offered(_ line: String) async throws -> [String] {
            let run = try await ShellRun(server: "").run(
                "fish -c 'source \(path); complete -C \"\(line)\"'")
            #expect(run.errors.isEmpty, "\(run.errors)")
            return run.lines.map { String($0.prefix { $0 != "\t" }) }
        }
        #expect(try await offered("natsbridge rec") == ["receive"])
        #expect(try await offered("natsbridge stream pu") == ["purge"])
        #expect(try await offered("natsbridge stream add --max-m").contains("--max-msgs"))
        #expect(try await offered("natsbridge receive --order s") == ["strict"])
        _ = folder
    }

    @Test func `an unknown shell is wrong usage`() async throws {
        let run = try await CommandRun.run(["completion", "fis"])
        #expect(run.status == 2)
        #expect(run.errors.contains("did you mean fish?"))
    }
}
