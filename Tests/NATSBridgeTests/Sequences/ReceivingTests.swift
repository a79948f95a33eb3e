import BridgeBytes
import BridgeEnvelope
import NATSBridge
import NATSCore
import NATSWire
import TestKit
import Testing

/// Messages whose links take their time, among those that need none.
@Suite(.needsNATSServer) struct ReceivingTests {
    private typealias Bench = ReceiverBench

    @Test func `a link that never answers holds up none of 240 messages`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages().results.makeAsyncIterator()
            try bench.publish("dead", .link("dead", 1))
            for number in 0..<240 { try bench.publish("\(number)", .text("x")) }
            #expect(try await Bench.ids(240, &iterator) == (0..<240).map { "\($0)" })
            bench.store.open("dead")
            #expect(try await Bench.ids(1, &iterator) == ["dead"])
            #expect(bench.bridge.statistics.messagesReceived == 241)
        }
    }

    @Test func `more dead links than may be fetched hold up nobody either`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages { $0.maxParallelMessages = 2 }
                .results.makeAsyncIterator()
            for number in 0..<5 { try bench.publish("dead\(number)", .link("dead", 1)) }
            for number in 0..<100 { try bench.publish("\(number)", .text("x")) }
            #expect(try await Bench.ids(100, &iterator) == (0..<100).map { "\($0)" })
            #expect(bench.store.started.count == 2)
            bench.store.open("dead")
            let late = try await Bench.ids(5, &iterator)
            #expect(Set(late) == Set((0..<5).map { "dead\($0)" }))
            #expect(bench.store.mostRunning == 2)
        }
    }

    @Test func `a link that answers in time keeps its place`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages { $0.patience = .seconds(3600) }
                .results.makeAsyncIterator()
            try bench.publish("slow", .link("slow", 1))
            for number in 0..<10 { try bench.publish("\(number)", .text("x")) }
            try await bench.store.awaitBeginnings(1)
            bench.store.open("slow")
            #expect(
                try await Bench.ids(11, &iterator) == ["slow"] + (0..<10).map { "\($0)" })
        }
    }

    @Test func `without patience a slow one is overtaken at once, and comes when it is ready`()
        async throws
    {
        try await Bench.run { bench in
            var iterator = try await bench.messages { $0.patience = .zero }.results
                .makeAsyncIterator()
            try bench.publish("slow", .link("slow", 1))
            try bench.publish("next", .text("x"))
            #expect(try await Bench.ids(1, &iterator) == ["next"])
            bench.store.open("slow")
            #expect(try await Bench.ids(1, &iterator) == ["slow"])
        }
    }

    @Test func `strict order waits, whatever it costs`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages {
                $0.order = .strict
                $0.patience = .zero
            }.results.makeAsyncIterator()
            try bench.publish("slow", .link("slow", 1))
            for number in 0..<200 { try bench.publish("\(number)", .text("x")) }
            try await bench.bridge.client.flush()
            try await bench.store.awaitBeginnings(1)
            bench.store.open("slow")
            #expect(
                try await Bench.ids(201, &iterator) == ["slow"] + (0..<200).map { "\($0)" })
        }
    }

    @Test func `without an order each comes as it is ready`() async throws {
        try await Bench.run { bench in
            var iterator = try await bench.messages {
                $0.order = .asReady
                $0.patience = .seconds(3600)
            }.results.makeAsyncIterator()
            for name in ["a", "b"] { try bench.publish(name, .link(name, 1)) }
            try bench.publish("direct", .text("x"))
            #expect(try await Bench.ids(1, &iterator) == ["direct"])
            bench.store.open("b")
            #expect(try await Bench.ids(1, &iterator) == ["b"])
            bench.store.open("a")
            #expect(try await Bench.ids(1, &iterator) == ["a"])
        }
    }

    @Test(arguments: ReceiveOptions.Order.allCases)
    func `losses are told where they are, whatever the order`(
        _ order: ReceiveOptions.Order
    ) async throws {
        try await Bench.run(open: ["link"]) { bench in
            let messages = try await bench.messages(
                limits: SubscriptionLimits(
                    maxMessages: 10, maxBytes: 1 << 20, policy: .dropNewest)
            ) { $0.order = order }
            var iterator = messages.results.makeAsyncIterator()
            for number in 0..<400 { try bench.publish("\(number)", .text("x")) }
            // Behind the PONG everything was received; more than may be held was dropped.
            try await bench.bridge.client.flush()
            try await bench.bridge.client.flush()
            var expected = 0
            var lost = 0
            while expected < 400, let result = try await iterator.next() {
                switch result {
                case .success(let received):
                    #expect(received.envelope.messageID == "\(expected)")
                    expected += 1
                case .failure(let error):
                    #expect(error.isLoss && error.subject == "in" && error.stage == .receive)
                    #expect(error.detail.contains("too slow"))
                    lost += error.lostMessages ?? 0
                    expected += error.lostMessages ?? 0
                }
            }
            #expect(expected == 400 && lost > 0)
            #expect(bench.bridge.statistics.messagesLost == lost)
        }
    }
    @Test func `a plain loop sees in each message what is missing before it`() async throws {
        try await Bench.run(open: ["link"]) { bench in
            let messages = try await bench.messages(
                limits: SubscriptionLimits(
                    maxMessages: 10, maxBytes: 1 << 20, policy: .dropOldest))
            for number in 0..<400 { try bench.publish("\(number)", .text("x")) }
            var iterator = messages.makeAsyncIterator()
            try await bench.bridge.client.flush()
            try await bench.bridge.client.flush()
            var expected = 0
            var lost = 0
            while expected < 400, let message = try await iterator.next() {
                #expect(message.followsLoss == !message.skipped.isEmpty)
                for error in message.skipped {
                    expected += try #require(error.lostMessages)
                    lost += error.lostMessages ?? 0
                }
                #expect(message.envelope.messageID == "\(expected)")
                expected += 1
            }
            #expect(expected == 400 && lost > 0)
            #expect(bench.bridge.statistics.messagesLost == lost)
        }
    }

    @Test func `of too much that was skipped the losses stay`() {
        var skipped = SkippedMessages()
        let loss = BridgeError(.messagesLost, stage: .receive)
        skipped.add(loss)
        for _ in 0..<1000 { skipped.add(BridgeError(.invalidJSON, stage: .decode)) }
        let taken = skipped.take()
        #expect(taken.count == Received.skippedLimit && taken.first?.isLoss == true)
        #expect(taken.count(where: \.isLoss) == 1 && skipped.take().isEmpty)
        for _ in 0..<1000 { skipped.add(loss) }
        #expect(skipped.take().count == Received.skippedLimit)
    }
}
