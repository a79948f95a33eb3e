/// What a run came to, for whoever reads the test's output.
struct SoakReport: Sendable {
    /// Findings of one kind that are printed.
    private static let most = 12

    private let evidence: SoakEvidence
    private let findings: [SoakFinding]
    private let faults: [String]

    init(_ evidence: SoakEvidence, _ findings: [SoakFinding], faults: [String]) {
        self.evidence = evidence
        self.findings = findings
        self.faults = faults
    }

    func write() { for line in lines { print("soak: \(line)") } }

    var lines: [String] {
        faults.map { "fault \($0)" } + flows + loops + [
            "links \(evidence.sightings.values.count { $0.object != nil }), objects"
                + " \(evidence.objects.count), told to lose \(evidence.lostObjects.count),"
                + " in doubt by a kill \(SoakOracle.inDoubt(evidence).count)"
        ] + evidence.memory.map { "\($0.process) \($0.kilobytes) KB of \($0.budget)" } + verdict
    }

    /// What became of each process's calls.
    private var flows: [String] {
        Dictionary(grouping: evidence.sends, by: \.tag.process).sorted { $0.key < $1.key }.map {
            process, sends in
            let counts = SoakSend.Outcome.allCases.map { outcome in
                "\(outcome) \(sends.count { $0.outcome == outcome })"
            }
            let seen = evidence.sightings.keys.count { $0.process == process }
            let longest = sends.map { $0.ended - $0.began }.max() ?? .zero
            return "\(process) \(sends.first?.way.rawValue ?? "") calls \(sends.count):"
                + " \(counts.joined(separator: ", ")); arrived \(seen); longest \(longest)"
        }
    }

    private var loops: [String] {
        evidence.logs.map { log in
            var counts = (messages: 0, failures: 0, gaps: 0, strays: 0)
            for event in log.events {
                switch event {
                case .message: counts.messages += 1
                case .failure: counts.failures += 1
                case .gap, .end: counts.gaps += 1
                case .stray: counts.strays += 1
                }
            }
            return "\(log.name) messages \(counts.messages), failures \(counts.failures),"
                + " losses told \(counts.gaps), others \(counts.strays)"
        }
    }

    /// Whose findings are counted together: a loop's, else those of a process.
    private func group(_ finding: SoakFinding) -> String {
        switch finding.kind {
        case .untoldLoss, .repeated:
            finding.detail.split(separator: ":").first.map(String.init) ?? ""
        default: SoakTag(finding.subject)?.process ?? finding.subject
        }
    }

    private var verdict: [String] {
        guard !findings.isEmpty else { return ["no findings"] }
        return SoakFinding.Kind.allCases.flatMap { kind -> [String] in
            let some = findings.filter { $0.kind == kind }
            guard !some.isEmpty else { return [] }
            let more = some.count > Self.most ? ["FOUND … \(some.count - Self.most) more"] : []
            let groups = Dictionary(grouping: some, by: group).map { "\($0) \($1.count)" }
            return [
                "FOUND \(kind.rawValue): \(some.count) (\(groups.sorted().joined(separator: ", ")))"
            ]
                + some.prefix(Self.most).map { "FOUND \($0)" } + more
        }
    }
}
