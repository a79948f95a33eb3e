import BridgeConsole
import BridgeJSON
import Foundation
import TestKit
import Testing

/// What is removed by the command line, and what is not, as it is told.
@Suite("Removal commands", .needsNATSServer, .enabled(if: CommandRun.executable != nil))
struct RemovalCommandTests {
    private func withShell(_ body: (ShellRun) async throws -> Void) async throws {
        try await NATSServerFixture.run { server in
            try await body(try ShellRun(server: server.url))
        }
    }

    @Test func `of several messages those are told that are gone`() async throws {
        try await withShell { shell in
            let made = try await shell.run(
                """
                natsbridge stream add S --subjects s
                for n in 1 2 3 4; do natsbridge send s a:text=$n --jetstream; done
                """)
            #expect(made.status == 0, "\(made.errors)")
            let half = try await shell.run("natsbridge stream rm S 1 9 2 -f --json")
            #expect(half.status == 4)
            let lines = try half.json()
            #expect(lines.contains { $0["removed"]?.arrayValue?.compactMap(\.intValue) == [1] })
            #expect(lines.contains { $0["error"] == "message_not_found" })
            let words = try await shell.run("natsbridge stream rm S 2 9 -f")
            #expect(words.errors.contains("removed of S: 2; not the rest"), "\(words.errors)")
            let none = try await shell.run("natsbridge stream rm S 9 -f --json")
            #expect(try none.json().map { $0["error"] } == ["message_not_found"])
            let both = try await shell.run("natsbridge stream rm S 3 4 -f --json")
            #expect(
                try both.json().first?["removed"]?.arrayValue?.compactMap(\.intValue) == [3, 4])
        }
    }

    /// As of a variable that is empty.
    @Test func `subjects that are none change nothing`() async throws {
        try await withShell { shell in
            try await shell.run("natsbridge stream add S --subjects a,b")
            for text in ["''", "','", "'a,'"] {
                let run = try await shell.run("natsbridge stream edit S --subjects \(text)")
                #expect(run.status == 2, "\(text): \(run.output) \(run.errors)")
            }
            let info = try await shell.run("natsbridge stream info S --json").json().first
            #expect(info?["config"]?["subjects"] == ["a", "b"])
        }
    }

    @Test func `a configuration without a name takes that of the command line`() async throws {
        try await withShell { shell in
            let run = try await shell.run(
                """
                echo '{"subjects":["x.>"],"max_msgs":7}' > c.json
                natsbridge stream add S --config c.json --json
                """)
            let settings = try run.json().first?["config"]
            #expect(settings?["name"] == "S" && settings?["max_msgs"]?.intValue == 7)
            #expect(settings?["subjects"] == ["x.>"])
        }
    }

    @Test func `what a killed put left is listed and removed`() async throws {
        try await withShell { shell in
            let made = try await shell.run(
                """
                natsbridge object add s && echo whole > in && natsbridge object put s in &&
                natsbridge send '$O.s.C.KILLED' a:text=1 --jetstream
                """)
            #expect(made.status == 0, "\(made.errors)")
            let young = try await shell.run("natsbridge object leftovers s")
            #expect(young.status == 0 && young.output.isEmpty)
            #expect(young.errors.contains("all that is in s belongs to an object"))
            let old = try await shell.run("natsbridge object leftovers s --older-than 0s --json")
            #expect(try old.json().map { $0["id"] } == ["KILLED"])
            #expect(try old.json().first?["removed"] == false)
            let unasked = try await shell.run(
                "natsbridge object leftovers s --older-than 0s --remove")
            #expect(unasked.status == 2)
            let gone = try await shell.run(
                "natsbridge object leftovers s --older-than 0s --remove -f")
            #expect(gone.output.contains("KILLED") && gone.errors.contains("1 removed from s"))
            let again = try await shell.run("natsbridge object leftovers s --older-than 0s --json")
            #expect(again.status == 0 && again.output.isEmpty)
            #expect(try await shell.run("natsbridge object get s in -o - | cmp - in").status == 0)
        }
    }

    /// One is found by its name alone, the other by what it stores.
    @Test(arguments: ["kv put none k v", "object put none in"])
    func `into what is not there nothing is put, and the right hint given`(
        line: String
    ) async throws {
        try await withShell { shell in
            try await shell.run("echo x > in")
            let run = try await shell.run("natsbridge \(line)")
            #expect(run.status == 4, "\(run.errors)")
            #expect(!run.errors.contains("--jetstream"), "\(run.errors)")
        }
    }
}
