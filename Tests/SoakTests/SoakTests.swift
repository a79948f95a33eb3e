import TestKit
import Testing

/// The whole bridge, judged from outside: a cluster with JetStream, the file server, senders and
/// receivers of every kind, by library and by command line, and a fault proxy on each way between
/// them. While they work, faults are played that the run's seed decides; then all must come back.
///
/// The pass line is `SoakOracle`: no success that did not arrive, no failure that did, no loss
/// that was not told, no link that leads nowhere, no upload left behind, nothing that hangs. What
/// arrived is told by a witness that shares no code with the bridge (`Peer/soak_oracle.py`).
///
/// `NATSBRIDGE_SOAK_SECONDS` sets how long faults are played.
@Suite(.needsNATSServer, .needsPythonPeer) struct SoakTests {
    private static let seconds = Environment.value("NATSBRIDGE_SOAK_SECONDS").flatMap { Int($0) }
    private static let length = Duration.seconds(seconds ?? 20)
    /// How long the rest may take beyond that: setting the stage, coming back, reading it all.
    private static let allowance = Duration.seconds(600)

    @Test(.enabled(if: SoakProgram.executable != nil, "\(SoakProgram.absence)"))
    func `nothing is lost, invented, damaged or left behind without a word`() async throws {
        let seed = SeededGenerator.runSeed
        try await within("the soak", limit: Self.length + Self.length + Self.allowance) {
            try await SoakStage.run { stage in
                let run = try await SoakRun(on: stage)
                let evidence = try await run.evidence(
                    after: Self.length, isAlone: Self.seconds != nil)
                let findings = SoakOracle.judge(evidence)
                SoakReport(evidence, findings, faults: stage.played).write()
                #expect(
                    findings.isEmpty,
                    "NATSBRIDGE_TEST_SEED=\(seed): \(findings.count) findings, listed above")
            }
        }
    }
}
