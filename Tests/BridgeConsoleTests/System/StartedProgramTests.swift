import BridgeConsole
import Testing

@Suite("Started programs")
struct StartedProgramTests {
    private func lines(of child: StartedProgram) async -> [String] {
        var lines: [String] = []
        for await line in child.lines { lines.append(line) }
        return lines
    }

    @Test func `output arrives by lines, and the status after them`() async throws {
        let child = try StartedProgram.start(
            "/bin/sh", ["-c", "echo one; echo two; printf three; exit 3"], capture: .output)
        #expect(await lines(of: child) == ["one", "two", "three"])
        #expect(await child.exitStatus() == 3)
        child.signal(15)
        #expect(await child.exitStatus() == 3)
    }

    @Test func `the error stream can be captured instead`() async throws {
        let child = try StartedProgram.start(
            "/bin/sh", ["-c", "echo out; echo err >&2"], capture: .errors)
        #expect(await lines(of: child) == ["err"])
    }

    @Test func `a child ends by a signal although ours are blocked`() async throws {
        let child = try StartedProgram.start(
            "/bin/sh", ["-c", "echo ready; exec sleep 3600"], capture: .output)
        var iterator = child.lines.makeAsyncIterator()
        #expect(await iterator.next() == "ready")
        await child.stop()
        #expect(await child.exitStatus() == 128 + 15)
    }

    @Test func `a missing program is an error`() {
        #expect {
            try StartedProgram.start("/nowhere/x", [], capture: .output)
        } throws: { ($0 as? CommandFailure)?.code == .demoFailed }
    }
}
