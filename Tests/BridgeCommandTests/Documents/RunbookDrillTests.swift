import Foundation
import TestKit
import Testing

/// The failures of docs/runbook.md that a script can play come as the page says, and are repaired
/// as it says (`make drill`).
@Suite(.needsNATSServer, .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct RunbookDrillTests {
    private static let script = PackageRoot.file("scripts/drill")

    @Test func `each failure has the symptom of the page, and is repaired`() async throws {
        let program = try #require(CommandRun.executable)
        let server = try #require(NATSServerFixture.binary)
        let run = try await ShellRun(server: "").run(
            "'\(Self.script)' '\(program)' '\(server)'")
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        let played = run.lines.count { $0.hasPrefix("ok ") }
        #expect(played >= 18)
        #expect(
            run.lines.last
                == "\(played) of \(played) failures came as the runbook says and were repaired")
    }

    @Test func `a page that says otherwise is found out`() async throws {
        let program = try #require(CommandRun.executable)
        let server = try #require(NATSServerFixture.binary)
        let run = try await ShellRun(server: "").run(
            """
            mkdir -p scripts docs && cp '\(Self.script)' scripts/
            sed 's/`connection_failed`/`all_is_well`/' '\(PackageRoot.file("docs/runbook.md"))' \
                >docs/runbook.md
            scripts/drill '\(program)' '\(server)' 'No connection'
            """)
        #expect(run.status == 1)
        #expect(run.output.contains("FAIL  No connection"))
    }
}
