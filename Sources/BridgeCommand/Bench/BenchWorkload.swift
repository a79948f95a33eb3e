internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

/// What can be measured.
enum BenchWorkload: String, CaseIterable, Sendable {
    case core, jetstream, store, table

    /// Measures it; each figure is told when it is known.
    func run(
        on stage: BenchStage, _ live: LiveLine, _ found: (BenchFigure) -> Void
    ) async throws {
        switch self {
        case .core: try await core(stage, live, found)
        case .jetstream: try await jetStream(stage, live, found)
        case .store: try await store(stage, live, found)
        case .table: try await table(stage, live, found)
        }
    }

    private func core(
        _ stage: BenchStage, _ live: LiveLine, _ found: (BenchFigure) -> Void
    ) async throws {
        let (client, count, payload) = (stage.client, stage.settings.messages, stage.payload)
        let subject = try Subject("bench.\(stage.token).core")
        let rates = try await stage.rounds("core.publish", live) {
            Double(count)
                / (try await BenchStage.seconds {
                    try await BenchMessages.publish(payload, count, to: subject, client)
                })
        }
        found(BenchFigure("core.publish", .messages, rates))
        let delivered = try await stage.rounds("core.deliver", live) {
            let messages = try stage.partner.subscribe(to: SubjectPattern(subject))
            try await stage.partner.flush()
            let seconds = try await BenchStage.seconds {
                async let taken = BenchMessages.take(count, from: messages)
                try await BenchMessages.publish(payload, count, to: subject, client)
                _ = try await taken
            }
            messages.unsubscribe()
            return Double(count) / seconds
        }
        found(BenchFigure("core.deliver", .messages, delivered))
        let echo = try await BenchMessages.echo(subject, stage.partner)
        defer { echo.cancel() }
        let times = try await stage.trips("core.request", live) {
            _ = try await client.request(payload, to: subject)
        }
        found(BenchFigure("core.request", .microseconds, times))
    }

    private func jetStream(
        _ stage: BenchStage, _ live: LiveLine, _ found: (BenchFigure) -> Void
    ) async throws {
        let jetStream = JetStream(client: stage.client)
        let name = "BENCH_\(stage.token)"
        let subject = try Subject("bench.\(stage.token).stream")
        try await jetStream.createStream(
            StreamConfiguration(name: name, subjects: [SubjectPattern(subject)]))
        do {
            try await stream(name, subject, jetStream, stage, live, found)
        } catch {
            try? await jetStream.deleteStream(name)
            throw error
        }
        try await jetStream.deleteStream(name)
    }

    private func stream(
        _ name: String, _ subject: Subject, _ jetStream: JetStream, _ stage: BenchStage,
        _ live: LiveLine, _ found: (BenchFigure) -> Void
    ) async throws {
        let (count, payload) = (stage.settings.messages, stage.payload)
        let times = try await stage.trips("jetstream.publish", live) {
            try await jetStream.publish(payload, to: subject)
        }
        found(BenchFigure("jetstream.publish", .microseconds, times))
        let requests = repeatElement(PublishRequest(payload, to: subject), count: count)
        let rates = try await stage.rounds("jetstream.publishAll", live) {
            Double(count)
                / (try await BenchStage.seconds {
                    for result in try await jetStream.publishAll(requests) { _ = try result.get() }
                })
        }
        found(BenchFigure("jetstream.publishAll", .messages, rates))
        let consumer = try await jetStream.createConsumer(
            ConsumerConfiguration(durableName: "bench"), on: name)
        let taken = try await stage.rounds("jetstream.fetch", live) {
            Double(count)
                / (try await BenchStage.seconds {
                    try await BenchMessages.fetch(count, from: consumer)
                    try await stage.client.flush()
                })
        }
        found(BenchFigure("jetstream.fetch", .messages, taken))
    }

    private func store(
        _ stage: BenchStage, _ live: LiveLine, _ found: (BenchFigure) -> Void
    ) async throws {
        let content = BenchMessages.content(stage.settings.bytes)
        let subject = try Subject("bench.\(stage.token).store")
        var options = SendOptions()
        options.threshold = 1
        let messages = try stage.client.subscribe(to: SubjectPattern(subject))
        try await stage.client.flush()
        var arrivals = messages.makeAsyncIterator()
        var (uploads, downloads): ([Double], [Double]) = ([], [])
        let megabytes = Double(content.count) / 1e6
        for round in 0...stage.settings.rounds {
            live.show("store  round \(round)")
            let sent = try await BenchStage.seconds {
                try await stage.bridge.send(
                    [Payload("data", .bytes(content))], to: subject, options: options)
            }
            guard let message = try await arrivals.next() else { throw BenchFailure.ended }
            let read = try await BenchStage.seconds {
                let received = try await stage.bridge.receive(message)
                guard received.payloads.first?.bytes.count == content.count else {
                    throw BenchFailure.incomplete
                }
            }
            if round > 0 {
                uploads.append(megabytes / sent)
                downloads.append(megabytes / read)
            }
        }
        messages.unsubscribe()
        found(BenchFigure("store.upload", .megabytes, uploads))
        found(BenchFigure("store.download", .megabytes, downloads))
    }

    private func table(
        _ stage: BenchStage, _ live: LiveLine, _ found: (BenchFigure) -> Void
    ) async throws {
        let rows = stage.settings.rows
        let table = try Table([
            "id": Column((0..<rows).map { Int64($0) }),
            "value": Column((0..<rows).map { Double($0) * 0.5 }),
            "even": Column((0..<rows).map { $0 % 2 == 0 }),
        ])
        let stream = try table.ipcStreamSegments().joined()
        let megabytes = Double(stream.count) / 1e6
        let writing = try await stage.rounds("table.write", live) {
            megabytes
                / (try await BenchStage.seconds { _ = try table.ipcStreamSegments().joined() })
        }
        found(BenchFigure("table.write", .megabytes, writing))
        let reading = try await stage.rounds("table.read", live) {
            megabytes
                / (try await BenchStage.seconds {
                    let read = try Table(ipcStream: stream)
                    guard try BenchMessages.sum(read) == rows * (rows - 1) / 2 else {
                        throw BenchFailure.incomplete
                    }
                })
        }
        found(BenchFigure("table.read", .megabytes, reading))
        let subject = try Subject("bench.\(stage.token).table")
        let messages = try stage.client.subscribe(to: SubjectPattern(subject))
        try await stage.client.flush()
        var arrivals = messages.makeAsyncIterator()
        var trips: [Double] = []
        for round in 0...stage.settings.rounds {
            live.show("table.trip  round \(round)")
            let start = ContinuousClock.now
            try await stage.bridge.send([Payload("table", .table(table))], to: subject)
            guard let message = try await arrivals.next() else { throw BenchFailure.ended }
            let received = try await stage.bridge.receive(message)
            guard received.payloads.first?.value != nil else { throw BenchFailure.incomplete }
            let time = ContinuousClock.now - start
            if round > 0 { trips.append(Figures.seconds(time) * 1e6) }
        }
        messages.unsubscribe()
        found(BenchFigure("table.trip", .microseconds, trips))
    }
}

/// What a benchmark found wrong: its figures would mean nothing.
enum BenchFailure: Error {
    case ended
    case incomplete
}
