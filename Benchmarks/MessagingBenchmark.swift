import BridgeBytes
import Glibc
import NATSCore
import NATSWire

/// The messaging workloads, with the command line and the JSON line of the peers' programs.
struct MessagingBenchmark {
    private let client: NATSClient
    private let mode: String
    private let subject: Subject
    private let numbers: [Int]
    private let cpuAtStart: (user: Double, system: Double)

    init(url: String, _ words: [String]) async throws {
        mode = words[0]
        subject = try Subject(words[1])
        numbers = words.dropFirst(2).compactMap { Int($0) }
        client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
        cpuAtStart = Figures.cpu
    }

    /// Runs the mode; false when there is none of that name with so many numbers.
    func run() async throws -> Bool {
        switch (mode, numbers.count) {
        case ("pub", 2): try await publish(count: numbers[0], size: numbers[1])
        case ("sub", 2): try await subscribe(count: numbers[0], size: numbers[1])
        case ("rep", 0): try await respond()
        case ("req", 2): try await request(count: numbers[0], size: numbers[1])
        case ("reqc", 3):
            try await request(count: numbers[0], size: numbers[1], inFlight: numbers[2])
        default: return false
        }
        await client.close()
        return true
    }

    private func payload(_ size: Int) -> Bytes { Bytes([UInt8](repeating: 0x78, count: size)) }

    private func report(_ count: Int, _ size: Int, from start: Double, _ extra: String = "") {
        let end = Figures.now
        let cpu = Figures.cpu
        print(
            """
            {"impl":"swift","mode":"\(mode)","n":\(count),"size":\(size),"t0":\(start),"t1":\(end),\
            "secs":\(end - start),"user":\(cpu.user - cpuAtStart.user),\
            "sys":\(cpu.system - cpuAtStart.system),"maxrss_kb":\(Figures.peakResident)\(extra)}
            """)
    }

    private func ready() {
        print("ready")
        fflush(nil)
    }

    private func publish(count: Int, size: Int) async throws {
        let payload = payload(size)
        let start = Figures.now
        for _ in 0..<count {
            do throws(NATSError) {
                try client.publish(payload, to: subject)
            } catch {
                guard error.code == .outboxFull else { throw error }
                try await client.publishWhenReady(payload, to: subject)
            }
        }
        try await client.flush(timeout: .seconds(60))
        report(count, size, from: start)
    }

    private func subscribe(count: Int, size: Int) async throws {
        let subscription = try client.subscribe(to: SubjectPattern(subject))
        try await client.flush()
        ready()
        var start = 0.0
        var taken = 0
        var bytes = 0
        while taken < count, let batch = try await subscription.nextBatch() {
            if taken == 0 { start = Figures.now }
            for message in batch { bytes += message.payload.count }
            taken += batch.count
        }
        report(taken, size, from: start, ",\"bytes\":\(bytes)")
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
                    try await client.publishWhenReady(message.payload, to: inbox)
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
        var times: [Double] = []
        times.reserveCapacity(count)
        let start = Figures.now
        for _ in 0..<count {
            let sent = Figures.now
            _ = try await client.request(payload, to: subject)
            times.append((Figures.now - sent) * 1e6)
        }
        times.sort()
        let extra =
            ",\"p50_us\":\(times[count / 2]),\"p99_us\":\(times[count * 99 / 100])"
            + ",\"max_us\":\(times[count - 1])"
        report(count, size, from: start, extra)
    }

    private func request(count: Int, size: Int, inFlight: Int) async throws {
        let payload = payload(size)
        let start = Figures.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<inFlight {
                let share = count / inFlight + (worker < count % inFlight ? 1 : 0)
                group.addTask { [client, subject] in
                    for _ in 0..<share { _ = try await client.request(payload, to: subject) }
                }
            }
            try await group.waitForAll()
        }
        report(count, size, from: start)
    }
}
