internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSWire

/// Scenario 1: a dashboard starts simulations with small JSON configurations, and each is
/// answered at once with the status "Running". The file server is not touched.
enum CommandScenario {
    private static let rounds = 1000
    /// The mission's bound for 95 % of the requests.
    private static let bound = Duration.milliseconds(200)
    private static let subject: Subject = "demo.simulation.start"

    static func run(_ environment: DemoEnvironment, _ log: ScenarioLog) async throws {
        let simulation = try await environment.peer("simulation")
        let dashboard = try await environment.peer("dashboard")
        let service = try await simulation.serve(subject, start)
        let before = environment.fileServerRequests
        var times: [Duration] = []
        var running = 0
        var largest = 0
        for round in 0..<rounds {
            let configuration = configuration(round)
            largest = max(largest, configuration.encoded().count)
            let start = ContinuousClock.now
            let answer = try await dashboard.request(
                ["config": .json(configuration)], to: subject)
            times.append(ContinuousClock.now - start)
            if round == 0 { environment.show(flow: answer.envelope.correlationID) }
            if isRunning(answer, round) { running += 1 }
        }
        try await service.stop()
        report(times, running: running, largest: largest, log)
        if let before, let after = environment.fileServerRequests {
            log.check(
                "no request reached the file server", before == after,
                found: "\(after - before) requests")
        }
        await dashboard.close()
        await simulation.close()
    }

    /// The configuration of a run: some parameters, and a grid that makes it a few kilobytes.
    private static func configuration(_ round: Int) -> JSONValue {
        [
            "run": JSONValue(round), "step_size": 0.01, "iterations": JSONValue(1000 + round),
            "grid": .array((0..<500).map { JSONValue(($0 * 37 + round) % 1000) }),
        ]
    }

    private static func start(_ command: Received) -> Payloads {
        guard case .json(let configuration)? = command["config"]?.value else {
            return ["status": .json(["status": "Rejected"])]
        }
        return [
            Payload(
                "status",
                .json([
                    "status": "Running", "run": configuration["run"] ?? .null,
                    "iterations": configuration["iterations"] ?? .null,
                ]))
        ]
    }

    private static func isRunning(_ answer: Received, _ round: Int) -> Bool {
        guard case .json(let status)? = answer["status"]?.value else { return false }
        return status["status"]?.stringValue == "Running" && status["run"]?.intValue == round
            && status["iterations"]?.intValue == 1000 + round
    }

    private static func report(
        _ times: [Duration], running: Int, largest: Int, _ log: ScenarioLog
    ) {
        let percentiles = Percentiles(times)
        log.figure("rounds", count: times.count, key: "rounds")
        log.figure("configuration", bytes: largest, key: "configuration_bytes")
        for (label, fraction) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            if let time = percentiles.value(at: fraction) {
                log.figure(label, time: time, key: "\(label)_us")
            }
        }
        log.check("every configuration is below 10 KB", largest < 10_000)
        log.check(
            "every answer says \"Running\" for its own run", running == times.count,
            found: "\(running) of \(times.count)")
        log.check(
            "95 % of the rounds take less than 200 ms",
            percentiles.value(at: 0.95).map { $0 < bound } ?? false)
    }
}
