internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire
internal import Testing

/// Requests that do not wait, whose connection is lost, whose bytes are bounded, or whose client
/// drains.
@Suite struct PullMachineEndTests {
    private static func fetch(
        _ batch: Int, expires: Duration = .seconds(10), maxBytes: Int? = nil
    ) -> PullMachine {
        PullMachine(.init(batch: batch, maxBytes: maxBytes, expires: expires))
    }

    private static func stream(_ batch: Int, maxBytes: Int? = nil) -> PullMachine {
        PullMachine(
            .init(batch: batch, maxBytes: maxBytes, expires: .seconds(10), isContinuous: true))
    }

    private static func request(_ step: PullMachine.Step) -> PullMachine.Request? {
        if case .pull(let request) = step { request } else { nil }
    }

    private static func status(
        _ machine: inout PullMachine, _ code: Int, _ words: String = "", headers: Headers = [:],
        at now: Duration = .zero
    ) {
        machine.statusReceived(
            HeaderStatus(code: code, description: words), headers: headers, now: now)
    }

    /// What a pull must not ask for, and what it may.
    private static let requests: [(PullMachine.Configuration, isFault: Bool)] = [
        (.init(batch: 0, expires: .seconds(1)), true),
        (.init(batch: -1, expires: .seconds(1)), true),
        (.init(batch: .min, expires: .seconds(1)), true),
        (.init(batch: 1, maxBytes: 0, expires: .seconds(1)), true),
        (.init(batch: 1, maxBytes: .min, expires: .seconds(1)), true),
        (.init(batch: 1, expires: .nanoseconds(-1)), true),
        (.init(batch: 1, expires: .seconds(Int64.min)), true),
        (.init(batch: 1, expires: .zero, isContinuous: true), true),
        (.init(batch: 1, expires: .milliseconds(99), isContinuous: true), true),
        (.init(batch: 1, expires: .zero), false),
        (.init(batch: .max, maxBytes: .max, expires: .seconds(Int64.max)), false),
        (
            .init(batch: .max, maxBytes: .max, expires: .seconds(Int64.max), isContinuous: true),
            false
        ),
    ]

    @Test(arguments: requests)
    func `nonsense has words, and the enormous is counted`(
        _ configuration: PullMachine.Configuration, isFault: Bool
    ) {
        #expect((configuration.fault != nil) == isFault)
        guard !isFault else { return }
        var machine = PullMachine(configuration)
        let request = Self.request(machine.step(now: .seconds(5)))
        #expect(request?.batch == configuration.batch)
        #expect(request?.maxBytes == configuration.maxBytes)
        machine.messageReceived(size: 1 << 40, now: .seconds(5))
        machine.messageReceived(size: 1, now: .seconds(5))
        machine.reconnected(now: .seconds(5))
        _ = machine.step(now: .seconds(5))
    }

    @Test func `a fetch that does not wait is timed out by silence alone`() {
        var machine = Self.fetch(5, expires: .zero)
        let request = Self.request(machine.step(now: .seconds(1)))
        #expect(request?.expires == .zero && request?.heartbeat == nil)
        #expect(machine.step(now: .seconds(1)) == .wait(until: .seconds(6)))
        machine.messageReceived(size: 10, now: .seconds(2))
        #expect(machine.step(now: .seconds(2)) == .wait(until: .seconds(6)))
        var silent = machine
        guard case .finish(.failed(.timeout, _)) = silent.step(now: .seconds(6)) else {
            Issue.record("silence is taken for an answer")
            return
        }
        Self.status(&machine, 404, "No Messages", at: .seconds(3))
        #expect(machine.step(now: .seconds(3)) == .finish(.exhausted))
    }

    @Test func `a stream of messages asks again at once on a new connection`() {
        var machine = Self.stream(10, maxBytes: 1000)
        _ = machine.step(now: .zero)
        for _ in 0..<3 { machine.messageReceived(size: 10, now: .zero) }
        #expect(Self.request(machine.step(now: .zero)) == nil)
        machine.reconnected(now: .seconds(3))
        let request = Self.request(machine.step(now: .seconds(3)))
        #expect(request?.batch == 10 && request?.maxBytes == 1000)
        // The heartbeat's clock starts anew.
        #expect(machine.step(now: .seconds(3)) == .wait(until: .seconds(13)))
        // A pause after refusals is over as well.
        Self.status(&machine, 503, at: .seconds(4))
        #expect(machine.step(now: .seconds(4)) == .wait(until: .milliseconds(4250)))
        machine.reconnected(now: .seconds(4))
        #expect(Self.request(machine.step(now: .seconds(4))) != nil)
    }

    @Test func `a fetch asks on a new connection for what is left`() {
        var machine = Self.fetch(10, maxBytes: 1000)
        #expect(Self.request(machine.step(now: .seconds(1)))?.heartbeat == .seconds(5))
        for _ in 0..<3 { machine.messageReceived(size: 100, now: .seconds(2)) }
        machine.reconnected(now: .seconds(8))
        let request = Self.request(machine.step(now: .seconds(8)))
        #expect(request?.batch == 7 && request?.maxBytes == 700)
        #expect(request?.expires == .seconds(3))
        #expect(request?.heartbeat == .milliseconds(1500))
        for _ in 0..<7 { machine.messageReceived(size: 10, now: .seconds(8)) }
        #expect(machine.step(now: .seconds(8)) == .finish(.filled))
        var late = Self.fetch(10)
        _ = late.step(now: .zero)
        late.reconnected(now: .seconds(10))
        #expect(late.step(now: .seconds(10)) == .finish(.exhausted))
    }

    @Test func `a connection before the first request changes nothing`() {
        for var machine in [Self.fetch(5), Self.stream(5)] {
            machine.reconnected(now: .zero)
            #expect(Self.request(machine.step(now: .zero))?.batch == 5)
        }
    }

    @Test func `a message that does not fit into the rest of a limit is asked for anew`() {
        var machine = Self.stream(10, maxBytes: 1000)
        _ = machine.step(now: .zero)
        for _ in 0..<3 { machine.messageReceived(size: 320, now: .zero) }
        let rest: Headers = ["Nats-Pending-Messages": "7", "Nats-Pending-Bytes": "40"]
        Self.status(&machine, 409, "Message Size Exceeds MaxBytes", headers: rest)
        let request = Self.request(machine.step(now: .zero))
        #expect(request?.batch == 10 && request?.maxBytes == 1000)
        // The same of a fetch that has something is its end, and of one that has nothing a failure.
        var fetch = Self.fetch(10, maxBytes: 1000)
        _ = fetch.step(now: .zero)
        fetch.messageReceived(size: 320, now: .zero)
        Self.status(&fetch, 409, "Message Size Exceeds MaxBytes", headers: rest)
        #expect(fetch.step(now: .zero) == .finish(.exhausted))
    }

    @Test func `only a message that is larger than the whole limit is a failure`() {
        let whole: Headers = ["Nats-Pending-Messages": "10", "Nats-Pending-Bytes": "1000"]
        for var machine in [Self.stream(10, maxBytes: 1000), Self.fetch(10, maxBytes: 1000)] {
            _ = machine.step(now: .zero)
            Self.status(&machine, 409, "Message Size Exceeds MaxBytes", headers: whole)
            guard case .finish(.failed(.tooLarge, _)) = machine.step(now: .zero) else {
                Issue.record("a message that never fits is waited for")
                return
            }
        }
    }

    @Test func `bytes that a request has left are not missing from the next`() {
        var machine = Self.stream(2, maxBytes: 1000)
        _ = machine.step(now: .zero)
        for _ in 0..<2 { machine.messageReceived(size: 10, now: .zero) }
        #expect(Self.request(machine.step(now: .zero))?.maxBytes == 1000)
    }

    @Test func `draining asks for nothing and collects what has come`() {
        for var machine in [Self.fetch(5), Self.stream(5)] {
            _ = machine.step(now: .zero)
            machine.messageReceived(size: 10, now: .zero)
            machine.drainBegan()
            for status in [408, 409, 503, 100] { Self.status(&machine, status, "Consumer Deleted") }
            #expect(machine.step(now: .seconds(99)) == .collect)
            machine.messageReceived(size: 10, now: .seconds(99))
            machine.reconnected(now: .seconds(99))
            #expect(machine.step(now: .seconds(99)) == .collect)
            machine.inboxEnded()
            #expect(machine.step(now: .seconds(99)) == .finish(.drained))
        }
    }

    @Test func `a fetch that is filled while draining is filled`() {
        var machine = Self.fetch(1)
        _ = machine.step(now: .zero)
        machine.drainBegan()
        machine.messageReceived(size: 10, now: .zero)
        machine.inboxEnded()
        #expect(machine.step(now: .zero) == .finish(.filled))
    }

    @Test func `a stream that shall end when it is idle does`() {
        var configuration = PullMachine.Configuration(
            batch: 4, expires: .seconds(10), isContinuous: true)
        configuration.endsWhenIdle = true
        for (code, words) in [(100, "Idle Heartbeat"), (408, "Request Timeout")] {
            var machine = PullMachine(configuration)
            _ = machine.step(now: .zero)
            machine.messageReceived(size: 10, now: .zero)
            Self.status(&machine, code, words)
            #expect(machine.step(now: .zero) == .finish(.exhausted))
        }
    }
}
