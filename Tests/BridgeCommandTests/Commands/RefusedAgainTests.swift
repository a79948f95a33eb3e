import BridgeConsole
import TestKit
import Testing

/// What a command that listens says when the server takes it no more.
@Suite(
    "A server that refuses later", .needsNATSServer,
    .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct RefusedAgainTests {
    @Test(arguments: ["receive s", "kv watch b"])
    func `whoever listens is told that it is refused, once, and ends`(line: String) async throws {
        try await NATSServerFixture.run { server in
            let shell = try ShellRun(server: server.url)
            try await shell.run("natsbridge kv add b")
            let listener = try await shell.start("natsbridge \(line)")
            _ = try await listener.log.first {
                $0.hasPrefix("listening on") || $0.hasPrefix("watching")
            }
            try await server.reload(config: "authorization { token: \"another\" }")
            let told = try await listener.log.first { $0.contains("no connection again yet") }
            #expect(told?.text.lowercased().contains("authorization") == true)
            _ = try await listener.log.first { _ in false }
            let lines = listener.log.lines.filter { $0.contains("no connection again yet") }
            #expect(lines.count == 1, "\(listener.log.lines)")
        }
    }
}
