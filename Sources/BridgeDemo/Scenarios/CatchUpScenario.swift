internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSJetStream
internal import NATSWire

/// Scenario 4: a service reports its health into a stream while the dashboard is away; the
/// dashboard then replays a window of time and gets exactly the reports of that window.
enum CatchUpScenario {
    /// Reports before the window, which must not come back.
    private static let before = 0..<15
    private static let inside = 15..<75
    /// Between the window's start and the nearest reports, so that the time that the questions
    /// for the server's clock take cannot move a report over the edge.
    private static let gap = Duration.milliseconds(300)

    static func run(_ environment: DemoEnvironment, _ log: ScenarioLog) async throws {
        let service = try await environment.peer("service")
        let jetStream = JetStream(client: service.bridge.client)
        var generator = SystemGenerator()
        let token = UniqueID.hex128(using: &generator)
        let stream = "DEMO_HEALTH_\(token.prefix(8))"
        let subject = try Subject("demo.health.\(token.prefix(8))")
        var configuration = StreamConfiguration(name: stream, subjects: [SubjectPattern(subject)])
        configuration.maxAge = .seconds(3600)
        try await jetStream.createStream(configuration)
        do {
            try await publish(before, subject, service)
            try await Task.sleep(for: gap)
            let start = try await serverTime(of: stream, jetStream)
            try await Task.sleep(for: gap)
            let begun = ContinuousClock.now
            try await publish(inside, subject, service)
            log.figure("reports in the window", count: inside.count, key: "reports")
            log.figure("published in", time: ContinuousClock.now - begun, key: "publish_us")
            try await replay(stream, since: start, environment, log)
        } catch {
            try? await jetStream.deleteStream(stream)
            await service.close()
            throw error
        }
        try await jetStream.deleteStream(stream)
        await service.close()
    }

    private static func publish(
        _ numbers: Range<Int>, _ subject: Subject, _ service: DemoPeer
    ) async throws {
        for number in numbers {
            var options = SendOptions()
            options.mode = .jetStream
            options.purpose = "updateStatus"
            options.metadata["report"] = JSONValue(number)
            let payload =
                HealthReports.isSnapshot(number)
                ? Payload("snapshot", .table(try HealthReports.snapshot(number)))
                : Payload("update", .json(HealthReports.update(number)))
            try await service.bridge.send([payload], to: subject, options: options)
        }
    }

    private static func serverTime(
        of stream: String, _ jetStream: JetStream
    ) async throws -> Timestamp {
        guard let time = try await jetStream.streamInfo(stream).serverTime else {
            throw CommandFailure(
                .other, code: .demoFailed, stage: "replay", target: stream,
                detail: "the server does not tell its time; it is older than 2.10")
        }
        return time
    }

    /// The dashboard comes back and asks for everything since the window's start.
    private static func replay(
        _ stream: String, since start: Timestamp, _ environment: DemoEnvironment,
        _ log: ScenarioLog
    ) async throws {
        let dashboard = try await environment.peer("dashboard")
        let jetStream = JetStream(client: dashboard.bridge.client)
        let begun = ContinuousClock.now
        let now = try await serverTime(of: stream, jetStream)
        let window = Duration.milliseconds(now.milliseconds - start.milliseconds)
        var numbers: [Int] = []
        var links = 0
        var intact = 0
        for try await message in try await jetStream.replay(stream, since: window) {
            let received = try await dashboard.bridge.receive(message.message)
            let number = received.envelope.metadata["report"]?.intValue ?? -1
            numbers.append(number)
            if received.payloads.first?.url != nil { links += 1 }
            if try isIntact(received, number) { intact += 1 }
            environment.show(flow: received.envelope.correlationID)
        }
        log.figure("replayed in", time: ContinuousClock.now - begun, key: "replay_us")
        log.figure("links resolved", count: links, key: "links")
        log.check(
            "exactly the reports of the window came, in order", numbers == Array(inside),
            found: "\(numbers.count) reports, \(numbers.prefix(3)) … \(numbers.suffix(3))")
        log.check(
            "every snapshot came by link, every update inside its message",
            links == inside.count { HealthReports.isSnapshot($0) }, found: "\(links) links")
        log.check(
            "every report holds what was published", intact == inside.count,
            found: "\(intact) of \(inside.count)")
        await dashboard.close()
    }

    private static func isIntact(_ received: Received, _ number: Int) throws -> Bool {
        switch received.payloads.first?.value {
        case .json(let update): update == HealthReports.update(number)
        case .table(let table): try HealthReports.isSnapshot(table, of: number)
        default: false
        }
    }
}
