internal import BridgeBytes
internal import Glibc
internal import NATSClient
internal import NATSCore
internal import NATSWire

/// The messaging workloads, with the command line and the JSON line of the peers' programs.
struct MessagingBenchmark {
    private let client: NATSClient
    private let url: String
    private let mode: String
    private let subject: Subject
    private let numbers: [Int]
    private let words: [String]
    private let report: BenchmarkReport

    init(url: String, _ words: [String]) async throws {
        mode = words[0]
        self.url = url
        self.words = words
        subject = try Subject(words[1])
        numbers = words.dropFirst(2).compactMap { Int($0) }
        client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
        report = BenchmarkReport(mode: words[0])
    }

    /// Runs the mode; false when there is none of that name with so many numbers.
    func run(at place: BenchmarkPlace) async throws -> Bool {
        try await place.run(client) { try await run() }
    }

    private func run() async throws -> Bool {
        switch (mode, numbers.count) {
        case ("pub", 2): try await publish(count: numbers[0], size: numbers[1])
        case ("pubn", 3):
            try await publish(count: numbers[0], size: numbers[1], tasks: numbers[2])
        case ("backlog", 2): try await backlog(count: numbers[0], size: numbers[1])
        case ("sub", 2): try await subscribe(count: numbers[0], size: numbers[1])
        case ("rep", 0): try await respond()
        case ("connect", 1):
            try await connect(count: numbers[0], resuming: words.last != "whole")
        case ("keys", 1): try await StoreBenchmark(client: client).keys(count: numbers[0])
        case ("object", 1):
            try await StoreBenchmark(client: client).object(bytes: numbers[0])
        case ("req", 2): try await request(count: numbers[0], size: numbers[1])
        case ("confirm", 2): try await confirm(count: numbers[0], size: numbers[1])
        case ("reqc", 3):
            try await request(count: numbers[0], size: numbers[1], inFlight: numbers[2])
        default: return try await runJetStream()
        }
        await client.close()
        return true
    }

    private func runJetStream() async throws -> Bool {
        let jetStream = JetStreamBenchmark(client: client, subject: subject, report: report)
        switch (mode, numbers.count) {
        case ("jssync", 2):
            try await jetStream.publishEach(count: numbers[0], payload: payload(numbers[1]))
        case ("jsasync", 3):
            try await jetStream.publishAll(
                count: numbers[0], payload: payload(numbers[1]), window: numbers[2])
        case ("jsfetch", 2):
            try await JetStreamBenchmark.fetch(
                client: client, stream: words[1], consumer: words[2], count: numbers[0],
                batch: numbers[1], report: report)
        default: return false
        }
        await client.close()
        return true
    }

    private func payload(_ size: Int) -> Bytes { Bytes([UInt8](repeating: 0x78, count: size)) }

    private func ready() {
        print("ready")
        fflush(nil)
    }

    private func publish(count: Int, size: Int) async throws {
        let payload = payload(size)
        let start = ProcessUse.now
        for _ in 0..<count {
            do throws(NATSError) {
                try client.publish(payload, to: subject)
            } catch {
                guard error.code == .outboxFull else { throw error }
                try await client.publish(payload, to: subject, timeout: .seconds(60))
            }
        }
        try await client.flush(timeout: .seconds(60))
        report.print(count, size, from: start)
    }

    /// Connects, with all handshakes, and closes, one client after the other.
    private func connect(count: Int, resuming: Bool) async throws {
        var options = NATSClientOptions(servers: [url])
        options.tlsConfiguration.resumesSessions = resuming
        let start = ProcessUse.now
        for _ in 0..<count { try await NATSClient.connect(options).close() }
        report.print(count, 0, from: start)
    }

    /// Publishes from several tasks at once.
    private func publish(count: Int, size: Int, tasks: Int) async throws {
        let payload = payload(size)
        let start = ProcessUse.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                let share = count / tasks + (task < count % tasks ? 1 : 0)
                group.addTask { [client, subject] in
                    for _ in 0..<share {
                        try await client.publish(payload, to: subject, timeout: .seconds(60))
                    }
                }
            }
            try await group.waitForAll()
        }
        try await client.flush(timeout: .seconds(60))
        report.print(count, size, from: start)
    }

    /// Lets all messages gather before the first one is taken.
    private func backlog(count: Int, size: Int) async throws {
        let limits = SubscriptionLimits(maxMessages: count + 1, maxBytes: 1 << 40)
        let subscription = try client.subscribe(to: SubjectPattern(subject), limits: limits)
        try await client.flush()
        ready()
        while subscription.backlog < count { try await Task.sleep(for: .milliseconds(10)) }
        let start = ProcessUse.now
        var taken = 0
        while taken < count, let batch = try await subscription.nextBatch() {
            taken += batch.count
        }
        report.print(taken, size, from: start)
    }

    private func subscribe(count: Int, size: Int) async throws {
        let subscription = try client.subscribe(to: SubjectPattern(subject))
        try await client.flush()
        ready()
        var start = 0.0
        var taken = 0
        var bytes = 0
        while taken < count, let batch = try await subscription.nextBatch() {
            if taken == 0 { start = ProcessUse.now }
            for message in batch { bytes += message.payload.count }
            taken += batch.count
        }
        report.print(taken, size, from: start, ",\"bytes\":\(bytes)")
    }

    private func respond() async throws {
        let subscription = try client.subscribe(to: SubjectPattern(subject))
        try await client.flush()
        ready()
        let client = client
        let echo = Task {
            while let batch = try await subscription.nextBatch() {
                for message in batch {
                    guard let inbox = message.replyTo else { continue }
                    try await client.publish(message.payload, to: inbox, timeout: .seconds(60))
                }
            }
        }
        await withCheckedContinuation { continuation in
            Task.detached {
                while getchar() != EOF {}
                continuation.resume()
            }
        }
        echo.cancel()
    }

    private func request(count: Int, size: Int) async throws {
        let payload = payload(size)
        try await measureEach(count, size) { [client, subject] in
            _ = try await client.request(payload, to: subject)
        }
    }

    /// Publishes one message after the other, each when the server has taken the one before.
    private func confirm(count: Int, size: Int) async throws {
        let payload = payload(size)
        try await measureEach(count, size) { [client, subject] in
            try await client.publishConfirmed(payload, to: subject)
        }
    }

    private func measureEach(_ count: Int, _ size: Int, _ work: () async throws -> Void)
        async throws
    {
        try await report.measureEach(count, size, work)
    }

    private func request(count: Int, size: Int, inFlight: Int) async throws {
        let payload = payload(size)
        let start = ProcessUse.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<inFlight {
                let share = count / inFlight + (worker < count % inFlight ? 1 : 0)
                group.addTask { [client, subject] in
                    for _ in 0..<share { _ = try await client.request(payload, to: subject) }
                }
            }
            try await group.waitForAll()
        }
        report.print(count, size, from: start)
    }
}
