import TestKit
import Testing

/// Payloads through S3, WebDAV, JetStream's objects and gateways, judged from outside as in
/// `SoakTests`: the links that a witness in Python fetches, what each receiver was told, what is
/// left in each store. Meanwhile a server that holds the S3 engine's data and a gateway are killed,
/// the bucket is full, connections are cut or say nothing, and links expire.
///
/// `NATSBRIDGE_SOAK_SECONDS` sets how long faults are played.
@Suite(
    .needsNATSServer, .needsPythonPeer, .needsS3Engine,
    .enabled(if: DAVServer.path != nil, "no nginx"))
struct StoreSoakTests {
    private static let seconds = Environment.value("NATSBRIDGE_SOAK_SECONDS").flatMap { Int($0) }
    private static let length = Duration.seconds(seconds ?? 20)
    /// How long the rest may take beyond that: setting the stage, coming back, reading it all.
    private static let allowance = Duration.seconds(600)

    @Test(.enabled(if: SoakProgram.executable != nil, "\(SoakProgram.absence)"))
    func `no store loses, damages or keeps a payload without a word`() async throws {
        let seed = SeededGenerator.runSeed
        try await within("the soak of stores", limit: Self.length + Self.length + Self.allowance) {
            try await StoreStage.run { stage in
                let run = try await StoreSoakRun(on: stage)
                let evidence = try await run.evidence(after: Self.length)
                let findings = SoakOracle.judge(evidence)
                SoakReport(evidence, findings, faults: stage.played).write()
                #expect(
                    findings.isEmpty,
                    "NATSBRIDGE_TEST_SEED=\(seed): \(findings.count) findings, listed above")
                // Each store was used, by links too.
                for kind in StoreLane.Kind.allCases {
                    let links = evidence.sightings.count { tag, sighting in
                        tag.process == kind.rawValue && sighting.object != nil
                    }
                    #expect(links > 0, "no link through \(kind)")
                }
            }
        }
    }

    @Test func `a round of faults has each, and a seed repeats it`() {
        var one = SeededGenerator(seed: 7)
        var two = SeededGenerator(seed: 7)
        let round = StoreFault.round(using: &one)
        #expect(Set(round.map(\.kind)) == Set(StoreFault.Kind.allCases))
        #expect(StoreFault.round(using: &two) == round)
        #expect(StoreFault.round(using: &one) != round)
    }
}
