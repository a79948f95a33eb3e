internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import Synchronization
internal import TestKit
internal import Testing

/// Workers on a pull consumer, as their users write them.
@Suite(.needsNATSServer) struct WorkTests {
    struct Order: Codable, Sendable {
        var number: Int
    }

    struct OutOfPaper: Error {}

    /// A work queue with orders 0, 1, … and a consumer of it.
    private func run(
        orders count: Int, maxDeliver: Int? = nil, ackWait: Duration = patience,
        _ body: @escaping @Sendable (PullConsumer) async throws -> Void
    ) async throws {
        try await JetStreamStage.run { jetStream in
            var stream = StreamConfiguration(name: "ORDERS", subjects: ["orders.>"])
            stream.retention = .workQueue
            try await jetStream.createStream(stream)
            try await jetStream.createStream(
                StreamConfiguration(name: "DEAD", subjects: ["dead.>"]))
            for number in 0..<count {
                try await jetStream.publish(json: Order(number: number), to: "orders.new")
            }
            var configuration = ConsumerConfiguration(durableName: "shipping")
            (configuration.ackWait, configuration.maxDeliver) = (ackWait, maxDeliver)
            try await body(try await jetStream.createConsumer(configuration, on: "ORDERS"))
        }
    }

    /// What happened to a worker, in order; `next` waits for it.
    final class Events: Sendable {
        private let stream: AsyncStream<WorkEvent>
        private let continuation: AsyncStream<WorkEvent>.Continuation

        init() { (stream, continuation) = AsyncStream.makeStream(of: WorkEvent.self) }

        func add(_ event: WorkEvent) { continuation.yield(event) }

        func next() async -> WorkEvent? {
            for await event in stream { return event }
            return nil
        }
    }

    @Test func `each message of a work queue is done once, and a stop lets all of it end`()
        async throws
    {
        try await run(orders: 50) { consumer in
            let done = Mutex<[Int]>([])
            let (all, allDone) = AsyncStream.makeStream(of: Void.self)
            let worker = consumer.worker { message in
                let order = try message.decode(Order.self)
                let count = done.withLock {
                    $0.append(order.number)
                    return $0.count
                }
                if count == 50 { allDone.yield() }
            }
            async let work: Void = worker.run()
            for await _ in all { break }
            worker.stop()
            try await work
            #expect(done.withLock { $0.sorted() } == Array(0..<50))
            let info = try await consumer.info()
            #expect(info.ackPending == 0 && info.pending == 0)
        }
    }

    @Test func `no more run at a time, and no more are held, than the options say`() async throws {
        try await run(orders: 12) { consumer in
            let counts = Mutex((running: 0, most: 0, done: 0))
            let gates = Turnstile()
            var options = WorkOptions()
            (options.concurrency, options.prefetch) = (3, 2)
            let worker = consumer.worker(options) { _ in
                counts.withLock {
                    $0.running += 1
                    $0.most = max($0.most, $0.running)
                }
                await gates.pass()
                counts.withLock {
                    $0.running -= 1
                    $0.done += 1
                }
            }
            async let work: Void = worker.run()
            while try await consumer.info().ackPending < 5 {}
            while counts.withLock({ $0.running }) < 3 { await Task.yield() }
            gates.open(12)
            while try await consumer.info().pending > 0 {}
            worker.stop()
            try await work
            let (_, most, done) = counts.withLock { $0 }
            #expect(done == 12 && most == 3)
        }
    }

    @Test func `a byte budget bounds what is held, and never stalls the work`() async throws {
        try await run(orders: 0) { consumer in
            let payload = Bytes([UInt8](repeating: 7, count: 1000))
            for _ in 0..<20 { try await consumer.jetStream.publish(payload, to: "orders.big") }
            let counts = Mutex((running: 0, most: 0, done: 0))
            let (all, allDone) = AsyncStream.makeStream(of: Void.self)
            var options = WorkOptions()
            (options.concurrency, options.maxBytes) = (10, 3500)
            let worker = consumer.worker(options) { _ in
                counts.withLock {
                    $0.running += 1
                    $0.most = max($0.most, $0.running)
                }
                await Task.yield()
                let done = counts.withLock {
                    $0.running -= 1
                    $0.done += 1
                    return $0.done
                }
                if done == 20 { allDone.yield() }
            }
            async let work: Void = worker.run()
            for await _ in all { break }
            worker.stop()
            try await work
            let (_, most, done) = counts.withLock { $0 }
            #expect(done == 20 && most >= 1 && most <= 3)
        }
    }

    @Test
    func `a handler that fails has its message again, with growing waits, and then it is given up`()
        async throws
    {
        try await run(orders: 1, maxDeliver: 3) { consumer in
            let events = Events()
            let deliveries = Mutex<[UInt64]>([])
            var options = WorkOptions()
            options.retryDelay = .milliseconds(1)
            options.deadLetterSubject = "dead.orders"
            options.onEvent = events.add
            let worker = consumer.worker(options) { message in
                deliveries.withLock { $0.append(message.metadata.deliveryCount) }
                throw OutOfPaper()
            }
            async let work: Void = worker.run()
            for wait in [Duration.milliseconds(1), .milliseconds(2)] {
                guard case .retried(let metadata, let after, let error) = await events.next() else {
                    Issue.record("it was not tried again")
                    return worker.stop()
                }
                #expect(metadata.streamSequence == 1 && after == wait && error is OutOfPaper)
            }
            guard case .rejected(let letter) = await events.next() else {
                Issue.record("it was not given up")
                return worker.stop()
            }
            worker.stop()
            try await work
            #expect(deliveries.withLock { $0 } == [1, 2, 3])
            #expect(letter.code == "OutOfPaper" && letter.subject == "orders.new")
            let stored = try await consumer.jetStream.lastMessage(on: "dead.orders", in: "DEAD")
            let record = try stored.payload.decode(json: DeadLetter.self)
            #expect(record.sequence == 1 && record.reason == letter.reason)
            #expect(letter.deliveries == 3 && letter.stored != nil)
            // A work queue forgets what was terminated.
            #expect(try await consumer.jetStream.streamInfo("ORDERS").state.messages == 0)
        }
    }

    @Test func `a handler that gives a message up is not asked again`() async throws {
        try await run(orders: 2) { consumer in
            let events = Events()
            var options = WorkOptions()
            options.onEvent = events.add
            let (all, allDone) = AsyncStream.makeStream(of: Void.self)
            let worker = consumer.worker(options) { message in
                let order = try message.decode(Order.self)
                if order.number == 0 { throw WorkVerdict.reject(reason: "cancelled by its buyer") }
                allDone.yield()
            }
            async let work: Void = worker.run()
            guard case .rejected(let letter) = await events.next() else {
                Issue.record("it was not given up")
                return worker.stop()
            }
            for await _ in all { break }
            worker.stop()
            try await work
            #expect(letter.reason == "cancelled by its buyer" && letter.code == "rejected")
            #expect(letter.deliveries == 1 && letter.sequence == 1)
        }
    }

    @Test func `a record that cannot be stored keeps its message`() async throws {
        try await run(orders: 1) { consumer in
            let events = Events()
            var options = WorkOptions()
            options.retryDelay = .milliseconds(1)
            options.deadLetterSubject = "nowhere.to.be.found"
            options.onEvent = events.add
            let deliveries = Mutex(0)
            let worker = consumer.worker(options) { _ in
                guard
                    deliveries.withLock({
                        $0 += 1
                        return $0
                    }) > 1
                else {
                    throw WorkVerdict.reject(reason: "malformed")
                }
                throw WorkVerdict.retry(after: .seconds(3600))
            }
            async let work: Void = worker.run()
            guard case .deadLetterFailed(let letter, let error) = await events.next() else {
                Issue.record("nobody was told")
                return worker.stop()
            }
            #expect(letter.sequence == 1 && error.code == .noStream)
            guard case .retried(let metadata, _, _) = await events.next() else {
                Issue.record("the message is gone")
                return worker.stop()
            }
            #expect(metadata.deliveryCount == 2)
            worker.stop()
            try await work
        }
    }

    @Test func `the server hears that work goes on for as long as a handler runs`() async throws {
        try await run(orders: 1, ackWait: .seconds(3)) { consumer in
            // What is said of deliveries can be heard by everybody.
            let said = try consumer.jetStream.client.subscribe(to: "$JS.ACK.ORDERS.shipping.>")
            let gates = Turnstile()
            let worker = consumer.worker { _ in await gates.pass() }
            async let work: Void = worker.run()
            var words: [String?] = []
            for try await message in said {
                words.append(message.text)
                // On a slow machine it may have been delivered again.
                if words.count == 3 { gates.open(100) }
                if message.text == "+ACK" { break }
            }
            worker.stop()
            try await work
            #expect(words.count > 3 && words.dropLast().allSatisfy { $0 == "+WPI" })
        }
    }

    @Test func `what a cancelled worker does not finish is given back at once`() async throws {
        try await run(orders: 3) { consumer in
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            // It ends with the task that waits for it.
            let (never, endless) = AsyncStream.makeStream(of: Void.self)
            defer { endless.finish() }
            var options = WorkOptions()
            (options.concurrency, options.prefetch) = (1, 2)
            let worker = consumer.worker(options) { _ in
                beginning.yield()
                for await _ in never {}
                try Task.checkCancellation()
            }
            let work = Task { try await worker.run() }
            for await _ in begun { break }
            while try await consumer.info().ackPending < 3 {}
            // What the server has sent is here, too: only what has come can be given back.
            try await consumer.jetStream.client.flush()
            work.cancel()
            try await work.value
            // The time to acknowledge is long, so these come only because they were given back.
            let again = try await consumer.fetch(3, expires: patience)
            #expect(again.count == 3)
            #expect(again.allSatisfy { $0.metadata.deliveryCount == 2 })
        }
    }

    @Test func `what no worker speaks of is recorded when its deliveries are used up`() async throws
    {
        try await run(orders: 1, maxDeliver: 1) { consumer in
            let lost = try #require(try await consumer.next(expires: patience))
            let events = Events()
            var options = WorkOptions()
            options.onEvent = events.add
            let worker = consumer.worker(options) { _ in }
            async let work: Void = worker.run()
            // It hears advisories before it asks for messages.
            while try await consumer.info().waiting < 1 {}
            try lost.nak()
            guard case .rejected(let letter) = await events.next() else {
                Issue.record("nobody was told")
                return worker.stop()
            }
            worker.stop()
            try await work
            #expect(letter.code == "max_deliveries" && letter.subject == "orders.new")
            #expect(letter.sequence == 1 && letter.deliveries == 1)
        }
    }

    @Test func `what nobody hears of is counted`() async throws {
        try await run(orders: 2, maxDeliver: 1) { consumer in
            var options = WorkOptions()
            // No stream stores it.
            options.deadLetterSubject = "nowhere.dead"
            let worker = consumer.worker(options) { message in
                let order = try message.decode(Order.self)
                if order.number == 0 { throw WorkVerdict.reject(reason: "no such thing") }
            }
            async let work: Void = worker.run()
            var tally = worker.tally
            while tally.done == 0 || tally.deadLettersFailed == 0 {
                await Task.yield()
                tally = worker.tally
            }
            worker.stop()
            try await work
            #expect(tally.done == 1)
            #expect(tally.rejected == 0)
            #expect(!tally.isClean)
        }
    }

    @Test func `a drain of the client lets handlers end, and then the work`() async throws {
        try await run(orders: 2) { consumer in
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            let gates = Turnstile()
            let done = Mutex(0)
            var options = WorkOptions()
            options.concurrency = 1
            let worker = consumer.worker(options) { _ in
                beginning.yield()
                await gates.pass()
                done.withLock { $0 += 1 }
            }
            async let work: Void = worker.run()
            for await _ in begun { break }
            async let drain: Void = consumer.jetStream.client.drain(timeout: patience)
            gates.open(2)
            try await drain
            try await work
            #expect(done.withLock { $0 } >= 1)
        }
    }

    @Test func `something final is said once`() async throws {
        try await run(orders: 1) { consumer in
            let codes = Mutex<[ErrorCode]>([])
            let (all, allDone) = AsyncStream.makeStream(of: Void.self)
            let worker = consumer.worker { message in
                try await message.ackConfirmed()
                do throws(JetStreamError) { try message.nak() } catch {
                    codes.withLock { $0.append(error.code) }
                }
                allDone.yield()
                throw OutOfPaper()
            }
            async let work: Void = worker.run()
            for await _ in all { break }
            worker.stop()
            try await work
            #expect(codes.withLock { $0 } == [.alreadyAcknowledged])
            #expect(try await consumer.info().ackPending == 0)
        }
    }

    @Test func `settings that make no sense, and a consumer that is gone, are told`() async throws {
        try await run(orders: 0) { consumer in
            for change: (inout WorkOptions) -> Void in [
                { $0.concurrency = 0 }, { $0.prefetch = -1 }, { $0.prefetch = .max },
                { $0.maxBytes = 0 }, { $0.retryDelay = .seconds(-1) }, { $0.maxDeliveries = 0 },
                { $0.expires = .zero },
            ] {
                var options = WorkOptions()
                change(&options)
                let asked = options
                let code = await JetStreamStage.code { try await consumer.work(asked) { _ in } }
                #expect(code == .invalidArgument)
            }
            try await consumer.delete()
            let code = await JetStreamStage.code { try await consumer.work { _ in } }
            #expect(code == .consumerDeleted)
        }
    }
}
