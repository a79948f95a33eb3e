import BridgeBytes
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// A connection to a real server that ends behind the n-th byte, for every n.
///
/// The promise: what is reported as sent was received, once; what is reported as unknown was
/// received exactly if its frame had passed whole; nothing is lost, no part of a frame is sent
/// again, and the server never sees a broken frame.
@Suite(.needsNATSServer) struct CutConnectionTests {
    /// The messages of a run: three kinds of frames, large enough for sizes of several digits.
    private struct Load: Sendable {
        let payloads: [Bytes]
        let headers: [Headers]

        /// Where each frame ends, counted from the first byte of the first one.
        func frameEnds(subject: Subject) -> [Int] {
            var writer = ByteWriter()
            return payloads.indices.map { index in
                FrameWriter.publish(
                    subject, headers: headers[index], payload: payloads[index], into: &writer)
                return writer.count
            }
        }

        static let small = Load(
            payloads: [Bytes(utf8: "first"), Bytes(utf8: "PUB cut 1\r\nx\r\n"), []],
            headers: [[:], ["Name": "value", "Other": "PING"], [:]])

        /// The second payload goes out from where it lies, by a vectored write.
        static let large = Load(
            payloads: [
                Bytes(utf8: "before"), Bytes((0..<40_000).map { UInt8(truncatingIfNeeded: $0) }),
                Bytes(utf8: "after"),
            ], headers: [[:], ["N": "v"], [:]])
    }

    /// What became of one run.
    private struct Run {
        var outcomes: [PublishOutcome] = []
        /// How often each message came, and whether all that came was whole.
        var received: [Int] = []
        var areIntact = true
    }

    /// Publishes the load over a connection that is cut behind `limit` bytes of it.
    private static func run(
        _ load: Load, cutBehind limit: Int, _ ending: Toxics.Ending, _ stage: FaultStage,
        _ watcher: NATSSubscription
    ) async throws -> Run {
        let subject: Subject = "cut"
        let client = try await stage.connect()
        let first = try client.publishWithReceipt([], to: "quiet")
        #expect(try await first.outcome() == .sent)
        stage.proxy.set(
            .with {
                $0.limit = limit
                $0.ending = ending
            }, .toServer, scope: .present)
        var receipts: [PublishReceipt] = []
        for (payload, headers) in zip(load.payloads, load.headers) {
            receipts.append(try client.publishWithReceipt(payload, to: subject, headers: headers))
        }
        var run = Run()
        for receipt in receipts { run.outcomes.append(try await receipt.outcome()) }
        // A cut that lies behind the messages comes now.
        while (try? await client.flush(timeout: patience)) == nil {}
        try await stage.settled(open: 2, direct: 1)
        let mark = try client.publishWithReceipt(Bytes(utf8: "mark"), to: subject)
        #expect(try await mark.outcome() == .sent)
        await client.close()
        run.received = load.payloads.map { _ in 0 }
        while let batch = try await watcher.nextBatch() {
            for message in batch where message.payload != Bytes(utf8: "mark") {
                let headers = message.hasHeaders ? try message.headers : Headers()
                let index = load.payloads.indices.first {
                    load.payloads[$0] == message.payload && load.headers[$0] == headers
                }
                if let index { run.received[index] += 1 } else { run.areIntact = false }
            }
            if batch.last?.payload == Bytes(utf8: "mark") { break }
        }
        return run
    }

    private static func check(_ run: Run, ends: [Int], limit: Int, _ ending: Toxics.Ending) {
        let place: Comment = "cut behind byte \(limit), \(ending)"
        #expect(run.areIntact, place)
        for (index, outcome) in run.outcomes.enumerated() {
            let isWhole = ends[index] <= limit
            switch outcome {
            case .sent: #expect(run.received[index] == 1, place)
            case .unknown: #expect(run.received[index] == (isWhole ? 1 : 0), place)
            case .lost, .denied: Issue.record("a client that goes on lost a message; \(place)")
            }
        }
        // The answer to the PING behind the messages passes, when only our side is cut.
        if ending == .halfClose, let last = ends.last, limit >= last + 6 {
            #expect(run.outcomes.allSatisfy { $0 == .sent }, place)
        }
    }

    private static func cut(
        _ load: Load, at limits: [Int], _ ending: Toxics.Ending
    ) async throws {
        try await FaultStage.run { stage in
            let observer = try await stage.connectDirectly()
            let watcher = try observer.subscribe(to: "cut")
            try await observer.flush()
            let ends = load.frameEnds(subject: "cut")
            var confirmed = 0
            for limit in limits {
                var run: Run
                var pings: Int
                repeat {
                    // A PING of the server has the client say PONG, which shifts what is cut.
                    pings = stage.lines("Ping Timer")
                    run = try await Self.run(load, cutBehind: limit, ending, stage, watcher)
                } while stage.lines("Ping Timer") != pings
                check(run, ends: ends, limit: limit, ending)
                confirmed += run.outcomes.count { $0 == .sent }
            }
            #expect(confirmed > 0)
            #expect(stage.server.protocolErrors == [])
            await observer.close()
        }
    }

    @Test(arguments: [Toxics.Ending.close, .halfClose, .reset])
    func `cut at every byte of three messages`(ending: Toxics.Ending) async throws {
        let total = Load.small.frameEnds(subject: "cut").last ?? 0
        try await Self.cut(.small, at: Array(0...total + 8), ending)
    }

    @Test(arguments: [Toxics.Ending.close, .halfClose, .reset])
    func `cut in and around a large payload`(ending: Toxics.Ending) async throws {
        let ends = Load.large.frameEnds(subject: "cut")
        var generator = SeededGenerator("large \(ending)")
        let inside = (0..<16).map { _ in Int.random(in: ends[0]..<ends[1], using: &generator) }
        let around = Array(ends[0] - 3...ends[0] + 32) + Array(ends[1] - 4...ends[2] + 7)
        try await Self.cut(.large, at: around + inside, ending)
    }

    @Test func `cut at every byte of what is delivered, only whole messages come`() async throws {
        let frames = [
            "MSG in 1 5\r\nfirst\r\n", "HMSG in 1 reply 18 21\r\nNATS/1.0\r\nA: b\r\n\r\nend\r\n",
            "MSG in 1 0\r\n\r\n",
        ]
        let payloads = [Bytes(utf8: "first"), Bytes(utf8: "end"), []]
        let stream = Array(frames.joined().utf8)
        let server = try ScriptedServer { connection, _ in
            guard connection.acceptNATS() != nil else { return }
            while let (line, _) = connection.readFrame() {
                switch line {
                case "PING": connection.send("PONG\r\n")
                case "PUB go 0": connection.send(stream)
                case "PUB end 0": connection.send("MSG in 1 4\r\nmark\r\n")
                default: continue
                }
            }
        }
        let proxy = try FaultProxy(to: server.port)
        // A limit of nothing would cut before the first message is on its way.
        for limit in 1..<stream.count {
            let client = try await NATSClient.connect(FaultStage.options(proxy.url))
            let subscription = try client.subscribe(to: "in")
            try await client.flush()
            proxy.set(.with { $0.limit = limit }, .toClient, scope: .present)
            try client.publish([], to: "go")
            while client.statistics.connections < 2 { await Task.yield() }
            // Nobody knows what became of the first message, and that is told once.
            await #expect(throws: NATSError(.disconnected, stage: .flush)) {
                try await client.flush()
            }
            try await client.flush()
            try client.publish([], to: "end")
            var received: [Bytes] = []
            while received.last != Bytes(utf8: "mark") {
                received += try #require(try await subscription.nextBatch()).map(\.payload)
            }
            var end = 0
            let whole = frames.count { frame in
                end += frame.utf8.count
                return end <= limit
            }
            #expect(received.dropLast() == payloads.prefix(whole)[...], "cut behind \(limit)")
            await client.close()
        }
    }
}
