// Theory of operation.
//
// A run leaves records: what each sender was told, what witnesses that share no code with the
// bridge saw (`Peer/soak_oracle.py`: control subscribers, one a node, and a replicated stream),
// what each loop was handed in which order, and what the store holds. The oracle compares them
// and names every contradiction. It is a pure function, so that each kind of lie has a test.
//
//     sender told "sent"              ──▶ a witness saw it
//     sender told "not sent", denied  ──▶ no witness saw it
//     a witness saw it                ──▶ each loop was handed it, or was told of a loss there
//     a witness saw its link          ──▶ the store gives it out, unless told to lose it
//     the store holds it              ──▶ a witness saw it, or its sender does not know
//
// "There" is a place in the loop's own order: a loss that is told covers a missing message when
// it stands between the messages before and behind it of the same process, whose numbers grow.
//
// One thing no client can know: a server that is killed may have answered a PING, and have passed
// the message on to nobody. So a core message whose call was under way when a server was killed, or
// ended within `shadow` of it, is judged neither as a success nor as a loss. A stream's answer
// stands for a majority of servers: it has no shadow.

/// Judges a run by its records.
struct SoakOracle: Sendable {
    /// How long before its death a killed server may have told less than it knew.
    static let shadow = Duration.milliseconds(250)

    private let evidence: SoakEvidence
    private let sends: [SoakTag: SoakSend]

    private init(_ evidence: SoakEvidence) {
        self.evidence = evidence
        sends = Dictionary(evidence.sends.map { ($0.tag, $0) }) { first, _ in first }
    }

    /// All that contradicts what the bridge promises, in a fixed order; empty for a good run.
    static func judge(_ evidence: SoakEvidence) -> [SoakFinding] {
        let oracle = SoakOracle(evidence)
        return oracle.calls() + oracle.arrivals() + oracle.handedOut() + oracle.losses()
            + oracle.links() + oracle.orphans() + oracle.processes()
    }

    /// Core messages about which a killed server leaves doubt; for the report.
    static func inDoubt(_ evidence: SoakEvidence) -> [SoakTag] {
        let oracle = SoakOracle(evidence)
        return evidence.sends.filter { oracle.isInDoubt($0) }.map(\.tag).sorted()
    }

    private func isInDoubt(_ send: SoakSend) -> Bool {
        send.way != .jetStream
            && evidence.kills.contains { send.began <= $0 && $0 <= send.ended + Self.shadow }
    }

    private func isInDoubt(_ tag: SoakTag) -> Bool { sends[tag].map(isInDoubt) ?? false }

    /// When a message was sent, what its sender was told, and who saw it.
    private func story(_ tag: SoakTag) -> String {
        let sighting = evidence.sightings[tag] ?? SoakSighting()
        let seen = "seen at nodes \(sighting.nodes.sorted()), stored \(sighting.stored) times"
        guard let send = sends[tag] else { return seen }
        return "\(send.way) from \(send.began) to \(send.ended) by \(send.server), "
            + "\(send.outcome), \(seen)"
    }

    private var arrived: [(tag: SoakTag, sighting: SoakSighting)] {
        evidence.sightings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: - What senders were told

    private func calls() -> [SoakFinding] {
        evidence.sends.compactMap { send in
            let sighting = evidence.sightings[send.tag]
            let name = send.tag.description
            switch send.outcome {
            case .sent:
                let isThere = send.way == .jetStream ? (sighting?.stored ?? 0) > 0 : sighting != nil
                guard !isThere, !isInDoubt(send) else { return nil }
                return SoakFinding(kind: .falseSuccess, subject: name, detail: story(send.tag))
            case .notSent, .denied:
                guard sighting != nil else { return nil }
                return SoakFinding(
                    kind: .falseFailure, subject: name, detail: "\(send.outcome) \(send.detail)")
            case .hung: return SoakFinding(kind: .hung, subject: name, detail: send.detail)
            case .unknown: return nil
            }
        }
    }

    // MARK: - What the witnesses saw

    private func arrivals() -> [SoakFinding] {
        arrived.flatMap { tag, sighting in
            var findings: [SoakFinding] = []
            let name = tag.description
            if sends[tag] == nil { findings.append(SoakFinding(kind: .stranger, subject: name)) }
            if let problem = sighting.problem {
                findings.append(SoakFinding(kind: .damaged, subject: name, detail: problem))
            }
            // Core NATS has no memory: what may not have arrived is published again.
            if sighting.stored > 1, sends[tag]?.way == .jetStream {
                findings.append(
                    SoakFinding(
                        kind: .repeated, subject: name,
                        detail: "the stream holds it \(sighting.stored) times"))
            }
            return findings
        }
    }

    // MARK: - What the loops were handed

    private func handedOut() -> [SoakFinding] {
        evidence.logs.flatMap { log in
            var handed: Set<SoakTag> = []
            return log.events.compactMap { event -> SoakFinding? in
                switch event {
                case .message(let tag, let isIntact):
                    let kind: SoakFinding.Kind? =
                        !isIntact
                        ? .damaged
                        : sends[tag] == nil
                            ? .stranger : handed.insert(tag).inserted ? nil : .repeated
                    return kind.map {
                        SoakFinding(kind: $0, subject: "\(tag)", detail: log.name)
                    }
                case .stray(let text):
                    return SoakFinding(kind: .unexplained, subject: log.name, detail: text)
                case .end:
                    handed = []
                    return nil
                case .failure, .gap: return nil
                }
            }
        }
    }

    private func losses() -> [SoakFinding] {
        evidence.logs.flatMap { log in
            let order = SoakOrder(log)
            return arrived.compactMap { tag, _ -> SoakFinding? in
                guard log.processes.contains(tag.process), !order.knows(tag), !isInDoubt(tag) else {
                    return nil
                }
                // One whose fate its sender does not know may have been on its way for long, and
                // have been lost behind later ones.
                let isLate = sends[tag]?.outcome == .unknown
                guard !order.isCovered(tag, isLate: isLate) else { return nil }
                return SoakFinding(
                    kind: .untoldLoss, subject: "\(tag)",
                    detail: "\(log.name): \(story(tag)); around \(order.surroundings(of: tag))")
            }
        }
    }

    // MARK: - What the store holds

    private func links() -> [SoakFinding] {
        arrived.compactMap { tag, sighting in
            guard let problem = sighting.linkProblem, let object = sighting.object,
                !evidence.lostObjects.contains(object)
            else { return nil }
            return SoakFinding(kind: .brokenLink, subject: "\(tag)", detail: problem)
        }
    }

    private func orphans() -> [SoakFinding] {
        evidence.objects.sorted { $0.key < $1.key }.compactMap { key, name in
            guard let tag = SoakTag(name), let send = sends[tag] else {
                return SoakFinding(kind: .orphan, subject: name, detail: "of no send")
            }
            if let object = evidence.sightings[tag]?.object {
                return object == key
                    ? nil : SoakFinding(kind: .orphan, subject: name, detail: "uploaded twice")
            }
            switch send.outcome {
            case .unknown, .hung: return nil
            case .sent:
                return isInDoubt(send)
                    ? nil : SoakFinding(kind: .orphan, subject: name, detail: "not linked")
            case .notSent, .denied:
                guard !send.mayLeaveUploads else { return nil }
                return SoakFinding(
                    kind: .orphan, subject: name, detail: "\(send.outcome) \(send.detail)")
            }
        }
    }

    // MARK: - Processes

    private func processes() -> [SoakFinding] {
        evidence.memory.filter { $0.kilobytes > $0.budget }.map {
            SoakFinding(
                kind: .memory, subject: $0.process,
                detail: "\($0.kilobytes) KB resident, at most \($0.budget)")
        } + evidence.unrecovered.map { SoakFinding(kind: .stuck, subject: $0) }
    }
}
