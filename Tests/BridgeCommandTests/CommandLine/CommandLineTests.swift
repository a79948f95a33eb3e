import BridgeCommand
import BridgeConsole
import BridgeJSON
import Testing

/// The executable as a stranger runs it, without any server.
@Suite("Command line", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct CommandLineTests {
    @Test func `no command prints the overview and is wrong usage`() async throws {
        let run = try await CommandRun.run([])
        #expect(run.status == 2)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("Commands"))
    }

    @Test func `help goes to the standard output`() async throws {
        let run = try await CommandRun.run(["--help"])
        #expect(run.status == 0)
        for command in Command.all where !command.specification.hidden {
            #expect(run.output.contains("  \(command.specification.name)"))
        }
    }

    @Test(arguments: Command.all.map(\.specification.path))
    func `every command explains itself`(_ path: [String]) async throws {
        let run = try await CommandRun.run(path + ["--help"])
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("natsbridge \(path.joined(separator: " "))"))
        #expect(run.output.contains("--json"))
        #expect(run.output.contains("130"))
    }

    @Test(arguments: [
        ("serv", "serve"), ("sned", "send"), ("strem ls", "stream ls"), ("kv gte", "kv get"),
    ]) func `an unknown command names the nearest one`(typed: String, meant: String) async throws {
        let run = try await CommandRun.run(typed.split(separator: " ").map(String.init))
        #expect(run.status == 2)
        #expect(run.errors.contains("did you mean \(meant)?"), "\(run.errors)")
    }

    @Test func `a usage error is one line, and with JSON one object besides`() async throws {
        let run = try await CommandRun.run(["arrow", "cat", "--jsn", "x"])
        #expect(run.status == 2)
        #expect(run.errors.split(separator: "\n").count == 1)
        #expect(run.errors.contains("did you mean --json?"))
        let json = try await CommandRun.run(["arrow", "cat", "--json"])
        #expect(json.status == 2)
        let object = try #require(try json.json().first)
        #expect(object["error"]?.stringValue == "usage")
        #expect(object["exit_code"]?.intValue == 2)
    }

    @Test func `a missing file is not found`() async throws {
        let run = try await CommandRun.run(["arrow", "schema", "/nowhere/x.arrows"])
        #expect(run.status == 4)
        #expect(run.errors.contains("/nowhere/x.arrows"))
    }

    @Test func `what is no Arrow stream is damaged`() async throws {
        let run = try await CommandRun.run(["arrow", "cat", "-"], input: "not arrow at all")
        #expect(run.status == 7)
    }
}
