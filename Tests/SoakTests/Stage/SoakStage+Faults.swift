import TestKit

/// Playing faults: each one ends with everything repaired.
extension SoakStage {
    /// How long a node in lame duck mode waits for its clients to leave.
    private static let leaving = Duration.seconds(5)

    /// Plays one fault.
    /// - Parameter still: On while the receivers stand still.
    func play(_ fault: SoakFault, standingStill still: SoakSwitch) async throws {
        await Pace.pause(fault.pauseBefore)
        note(fault)
        switch fault.kind {
        case .cutNATS, .slowNATS: await bend(proxies(fault.side), fault)
        case .cutStore, .slowStore, .deadStore: await bend([store.proxy(fault.side)], fault)
        case .restartNode, .killNode, .lameDuck: try await down(fault)
        case .denySending:
            try await deny(["soak.>", "ask.>"], to: .sender, for: fault.length)
        case .denyReceiving: try await deny(["soak.>"], to: .receiver, for: fault.length)
        case .standStill:
            still.turnOn()
            await Pace.pause(fault.length)
            still.turnOff()
        case .killStore:
            try await store.kill()
            await Pace.pause(fault.length / 4)
            try await store.start()
        case .fullStore: try await full(fault)
        case .loseObjects: try store.loseObjects(2, drawnBy: fault.cut)
        }
    }

    /// Does to the connections of some proxies what a bad network does.
    private func bend(_ proxies: [FaultProxy], _ fault: SoakFault) async {
        for proxy in proxies {
            switch fault.kind {
            case .cutNATS:
                // Only what stands: new connections are the repair.
                proxy.set(Self.cut(fault), fault.direction, scope: .present)
            case .cutStore: proxy.set(Self.cut(fault), fault.direction)
            case .deadStore: proxy.set(.with { $0.swallows = true }, .toClient)
            default:
                for direction in FlowDirection.allCases {
                    proxy.set(
                        .with {
                            $0.latency = .milliseconds(200)
                            $0.jitter = .milliseconds(50)
                            $0.bytesPerSecond = 20_000
                        }, direction)
                }
            }
        }
        await Pace.pause(fault.length)
        for proxy in proxies {
            // What was swallowed does not come any more: the connection is no use.
            if fault.kind == .deadStore { proxy.end(.reset) }
            proxy.clear()
        }
    }

    private static func cut(_ fault: SoakFault) -> Toxics {
        .with {
            $0.limit = fault.cut
            $0.ending = fault.ending
        }
    }

    /// Ends a node in one way or another and starts it again. Its proxies let nobody in before
    /// the witness is there and hears all other nodes: nothing is published unseen.
    private func down(_ fault: SoakFault) async throws {
        let node = cluster.nodes[fault.node]
        let proxies = proxies(of: fault.node)
        switch fault.kind {
        case .killNode:
            noteKill()
            try await node.kill()
        case .lameDuck:
            try await node.enterLameDuck()
            note("node \(fault.node) sends its clients away")
            _ = await Pace.until(Self.leaving) { proxies.allSatisfy { $0.openCount == 0 } }
            note("node \(fault.node) is stopped")
            try await node.stop()
        default: try await node.stop()
        }
        note("node \(fault.node) is down")
        for proxy in proxies { proxy.goDown() }
        await Pace.pause(fault.length / 2)
        try await node.restart()
        try await witness.connect(fault.node, of: cluster)
        try await witness.untilJoined()
        for proxy in proxies { try proxy.comeUp() }
        note("node \(fault.node) is back")
    }

    private func deny(
        _ subjects: [String], to role: SoakCluster.Role, for length: Duration
    ) async throws {
        try await cluster.forbid(subjects, to: role)
        await Pace.pause(length)
        try await cluster.forbid([], to: role)
    }

    /// Puts a store without room before the senders.
    private func full(_ fault: SoakFault) async throws {
        // What stands in for it knows no TLS.
        guard store.tls == nil else { return }
        let full = try store.full()
        store.senders.retarget(to: full.port)
        store.senders.end(.reset)
        await Pace.pause(fault.length)
        store.senders.retarget(to: store.port)
        store.senders.end(.reset)
    }
}
