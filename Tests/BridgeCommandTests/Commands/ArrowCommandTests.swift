import BridgeBytes
import TestKit
import Testing

/// `arrow cat --json` against the JSON that stands beside every golden stream.
@Suite("Arrow command", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ArrowCommandTests {
    @Test(arguments: GoldenPair.all)
    func `cat prints what a golden stream holds`(_ pair: GoldenPair) async throws {
        let expectation = try GoldenForm(TestFile.bytes(pair.expectation))
        let run = try await CommandRun.run(["arrow", "cat", "--json", pair.stream])
        guard !expectation.isRejected else {
            #expect(run.status == 7)
            return
        }
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.lines.count == 1)
        let form = try GoldenForm(Bytes(utf8: run.output))
        #expect(expectation.differences(from: form) == [])
    }
}
