import Testing

/// The oracle itself: a good run is found good, and each kind of lie is found out.
@Suite struct SoakOracleTests {
    private static let first = SoakTag("a", 1)
    private static let second = SoakTag("a", 2)
    private static let third = SoakTag("a", 3)

    /// Three messages that were sent, seen and handed out; the second one by a link.
    private static var good: SoakEvidence {
        var evidence = SoakEvidence()
        let tags = [first, second, third]
        evidence.sends = tags.map { send($0) }
        for tag in tags { evidence.sightings[tag] = SoakSighting(nodes: [0, 1, 2], stored: 1) }
        evidence.sightings[second]?.object = "k2"
        evidence.objects = ["k2": "a-2"]
        evidence.logs = [
            SoakLog(
                name: "loop", processes: ["a"], events: tags.map { .message($0, isIntact: true) })
        ]
        evidence.memory = [SoakMemory(process: "serve", kilobytes: 10, budget: 10)]
        return evidence
    }

    private static func send(
        _ tag: SoakTag, _ outcome: SoakSend.Outcome = .sent, way: SoakSend.Way = .core,
        mayLeaveUploads: Bool = false
    ) -> SoakSend {
        SoakSend(
            tag: tag, way: way, began: .seconds(tag.number), ended: .seconds(tag.number),
            outcome: outcome, mayLeaveUploads: mayLeaveUploads)
    }

    /// What the good run becomes by one change, judged: the kinds and the subjects.
    private func findings(_ change: (inout SoakEvidence) -> Void) -> [String] {
        var evidence = Self.good
        change(&evidence)
        return SoakOracle.judge(evidence).map { "\($0.kind.rawValue) \($0.subject)" }
    }

    @Test func `a good run is found good`() {
        #expect(SoakOracle.judge(Self.good) == [])
        #expect(SoakOracle.judge(SoakEvidence()) == [])
    }

    @Test func `a success that nobody saw is found`() {
        let found = findings {
            $0.sightings[Self.third] = nil
            $0.logs[0].events.removeLast()
        }
        #expect(found == ["falseSuccess a-3"])
    }

    @Test func `a stream's success that only subscribers saw is found`() {
        let found = findings {
            $0.sends[2] = Self.send(Self.third, way: .jetStream)
            $0.sightings[Self.third]?.stored = 0
        }
        #expect(found == ["falseSuccess a-3"])
    }

    @Test(arguments: [SoakSend.Outcome.notSent, .denied])
    func `a message that arrived although it was told not to is found`(
        _ outcome: SoakSend.Outcome
    ) {
        #expect(
            findings { $0.sends[0] = Self.send(Self.first, outcome) } == ["falseFailure a-1"])
    }

    @Test func `an unknown fate may be either`() {
        #expect(findings { $0.sends[0] = Self.send(Self.first, .unknown) } == [])
        let found = findings {
            $0.sends[2] = Self.send(Self.third, .unknown)
            $0.sightings[Self.third] = nil
            $0.logs[0].events.removeLast()
            $0.objects["k3"] = "a-3"
        }
        #expect(found == [])
    }

    @Test func `a killed server leaves core messages in doubt and a stream's answers not`() {
        func killed(_ way: SoakSend.Way, at time: Duration) -> [String] {
            findings {
                $0.sends[2] = Self.send(Self.third, way: way)
                $0.sightings[Self.third] = nil
                $0.logs[0].events.removeLast()
                $0.kills = [time]
            }
        }
        #expect(killed(.core, at: .seconds(3)) == [])
        #expect(killed(.core, at: .seconds(3) + SoakOracle.shadow) == [])
        #expect(killed(.core, at: .seconds(4)) == ["falseSuccess a-3"])
        #expect(killed(.core, at: .seconds(2)) == ["falseSuccess a-3"])
        #expect(killed(.jetStream, at: .seconds(3)) == ["falseSuccess a-3"])
        var evidence = Self.good
        evidence.kills = [.seconds(2)]
        #expect(SoakOracle.inDoubt(evidence) == [Self.second])
    }

    @Test func `a loss that no loop was told of is found`() {
        #expect(findings { $0.logs[0].events.remove(at: 1) } == ["untoldLoss a-2"])
        #expect(findings { $0.logs[0].events.removeLast() } == ["untoldLoss a-3"])
        #expect(findings { $0.logs[0].events = [] }.count == 3)
    }

    @Test func `a loss is covered only where it was told`() {
        #expect(findings { $0.logs[0].events[1] = .gap("messages_lost") } == [])
        #expect(findings { $0.logs[0].events[1] = .end("permission_denied") } == [])
        #expect(
            findings { $0.logs[0].events[1] = .failure(Self.second, "payload_not_found") } == [])
        let early = findings {
            $0.logs[0].events.remove(at: 1)
            $0.logs[0].events.insert(.gap("messages_lost"), at: 0)
        }
        #expect(early == ["untoldLoss a-2"])
        let late = findings {
            $0.logs[0].events.remove(at: 1)
            $0.logs[0].events.append(.gap("messages_lost"))
        }
        #expect(late == ["untoldLoss a-2"])
        let other = findings { $0.logs[0].events[1] = .failure(Self.first, "payload_not_found") }
        #expect(other == ["untoldLoss a-2"])
    }

    @Test func `a late message may be lost behind later ones`() {
        let found = findings {
            $0.sends[1] = Self.send(Self.second, .unknown)
            $0.logs[0].events.remove(at: 1)
            $0.logs[0].events.append(.gap("messages_lost"))
        }
        #expect(found == [])
    }

    @Test func `a loop answers only for what it subscribes to`() {
        let found = findings {
            $0.logs.append(SoakLog(name: "other", processes: ["b"]))
        }
        #expect(found == [])
    }

    @Test func `damage, mixing and repetition are told apart`() {
        #expect(
            findings { $0.sightings[Self.first]?.problem = "content differs" } == ["damaged a-1"])
        #expect(
            findings { $0.logs[0].events[0] = .message(Self.first, isIntact: false) }
                == ["damaged a-1"])
        let stored = findings {
            $0.sends[0] = Self.send(Self.first, way: .jetStream)
            $0.sightings[Self.first]?.stored = 2
        }
        #expect(stored == ["repeated a-1"])
        #expect(findings { $0.sightings[Self.first]?.stored = 2 } == [])
        let again = SoakLog.Event.message(Self.first, isIntact: true)
        #expect(findings { $0.logs[0].events.append(again) } == ["repeated a-1"])
        #expect(
            findings { $0.logs[0].events += [.gap("messages_lost"), again] } == ["repeated a-1"])
        #expect(findings { $0.logs[0].events += [.end("permission_denied"), again] } == [])
        #expect(
            findings { $0.logs[0].events.append(.message(SoakTag("x", 9), isIntact: true)) }
                == ["stranger x-9"])
        let unsent = findings {
            $0.sightings[SoakTag("b", 9)] = SoakSighting(nodes: [1])
        }
        #expect(unsent == ["stranger b-9"])
        #expect(
            findings { $0.logs[0].events.append(.stray("invalid_headers")) }
                == ["unexplained loop"])
    }

    @Test func `a link that leads nowhere is found, unless the store was told to lose it`() {
        let lost: (inout SoakEvidence) -> Void = {
            $0.sightings[Self.second]?.linkProblem = "404"
            $0.objects = [:]
        }
        #expect(findings(lost) == ["brokenLink a-2"])
        let told = findings {
            lost(&$0)
            $0.lostObjects = ["k2"]
        }
        #expect(told == [])
    }

    @Test func `what is left at the store of failed sends is found`() {
        func left(_ outcome: SoakSend.Outcome, mayLeave: Bool = false) -> [String] {
            findings {
                $0.sends[2] = Self.send(Self.third, outcome, mayLeaveUploads: mayLeave)
                $0.sightings[Self.third] = nil
                $0.logs[0].events.removeLast()
                $0.objects["k3"] = "a-3"
            }
        }
        #expect(left(.notSent) == ["orphan a-3"])
        #expect(left(.denied) == ["orphan a-3"])
        #expect(left(.denied, mayLeave: true) == [])
        #expect(left(.unknown) == [])
        #expect(findings { $0.objects["k3"] = "a-2" } == ["orphan a-2"])
        #expect(findings { $0.objects["k3"] = "a-1" } == ["orphan a-1"])
        #expect(findings { $0.objects["k3"] = "stranger" } == ["orphan stranger"])
    }

    @Test func `calls that do not end, memory and what does not come back are found`() {
        let hung = findings {
            $0.sends[2] = Self.send(Self.third, .hung)
        }
        #expect(hung == ["hung a-3"])
        #expect(
            findings { $0.memory[0] = SoakMemory(process: "p", kilobytes: 11, budget: 10) }
                == ["memory p"])
        #expect(findings { $0.unrecovered = ["loop"] } == ["stuck loop"])
    }

    @Test func `tags are read as they are written`() {
        #expect(SoakTag("a0-17") == SoakTag("a0", 17))
        for text in ["", "a", "-1", "a-", "a-x", "a-1-2"] { #expect(SoakTag(text) == nil) }
    }
}
