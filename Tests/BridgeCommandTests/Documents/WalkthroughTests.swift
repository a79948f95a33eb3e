import Foundation
import TestKit
import Testing

/// The walkthrough is run as a reader would, and prints what the page says.
@Suite(.needsNATSServer, .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct WalkthroughTests {
    @Test func `each block does what is printed below it`() async throws {
        let page = try TestFile.text(PackageRoot.file("docs/walkthrough.md"))
        let steps = try Walkthrough(page).steps
        #expect(steps.count { $0.output != nil } > 10)
        let folder = try TemporaryDirectory()
        try await NATSServerFixture.run { server in
            let files = try await ChildProcess(
                try #require(CommandRun.executable),
                ["serve", "--port", "0", "--directory", folder.path])
            let url = try #require(try await files.log.first { $0.hasPrefix("http://") })
            let shell = try ShellRun(server: server.url, store: url.text)
            try await run(steps, shell)
            try await files.stop()
        }
    }

    private func run(_ steps: [Walkthrough.Step], _ shell: ShellRun) async throws {
        var beside: (step: Walkthrough.Step, process: ChildProcess)?
        for step in steps {
            if step.isBeside {
                let process = try await shell.start(step.script)
                // What is sent into a file is not read there before it is written.
                if let log = step.script.firstMatch(of: /2> (\S+)/)?.1 {
                    let wait = "until grep -q 'listening on' '\(log)'; do :; done"
                    #expect(try await shell.run(wait).status == 0)
                } else {
                    _ = try await process.log.first { $0.hasPrefix("listening on ") }
                }
                beside = (step, process)
                continue
            }
            let clone = "export NATSBRIDGE='\(PackageRoot.path)'\n"
            let run = try await shell.run(clone + step.script)
            #expect(run.status == 0, "line \(step.line): \(run.errors)")
            if let output = step.output { compare(run.output, output, step) }
            guard let (other, process) = beside else { continue }
            // It waits for one message, which has been sent.
            _ = try await process.log.first { _ in false }
            if let output = other.output {
                let lines = process.log.lines.dropFirst()
                compare(lines.joined(separator: "\n"), output, other)
            }
            beside = nil
        }
    }

    private func compare(_ found: String, _ printed: String, _ step: Walkthrough.Step) {
        #expect(
            Walkthrough.constant(found) == Walkthrough.constant(printed), "line \(step.line)")
    }

    @Test func `what differs in substance is found`() {
        let printed = "2026-11-29T06:16:10.578Z  a.b  from natsbridge\n  x  text  3 B  direct  yes"
        let other = "2026-11-30T07:16:10.578Z a.b from natsbridge\n x text 3 B direct no"
        #expect(Walkthrough.constant(printed)[0] == Walkthrough.constant(other)[0])
        #expect(Walkthrough.constant(printed)[1] != Walkthrough.constant(other)[1])
        #expect(throws: FixtureError.self) { try Walkthrough("```output\nx\n```") }
        #expect(throws: FixtureError.self) { try Walkthrough("```ruby\nx\n```") }
    }
}
