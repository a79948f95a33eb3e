internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire
internal import Testing

/// When a stream of messages asks for more, when it ends, and for whom it asks.
@Suite struct PullMachineRefillTests {
    private static func configuration(_ batch: Int, maxBytes: Int? = nil)
        -> PullMachine.Configuration
    {
        PullMachine.Configuration(
            batch: batch, maxBytes: maxBytes, expires: .seconds(10), isContinuous: true)
    }

    private static func asked(_ machine: inout PullMachine) -> PullMachine.Request? {
        guard case .pull(let request) = machine.step(now: .zero) else { return nil }
        return request
    }

    private static func receive(_ machine: inout PullMachine, _ count: Int, size: Int = 10) {
        for _ in 0..<count { machine.messageReceived(size: size, now: .zero) }
    }

    @Test(arguments: [(nil as Int?, 5), (0, 10), (9, 1), (50, 1), (3, 7)])
    func `more are asked for when so many are on their way`(_ refill: Int?, _ taken: Int) {
        var configuration = Self.configuration(10)
        configuration.refill = refill
        var machine = PullMachine(configuration)
        #expect(Self.asked(&machine)?.batch == 10)
        for _ in 1..<taken {
            Self.receive(&machine, 1)
            #expect(Self.asked(&machine) == nil)
        }
        Self.receive(&machine, 1)
        #expect(Self.asked(&machine)?.batch == taken)
    }

    /// Ten messages of ten bytes, of which a hundred may be on their way, and never used up.
    @Test(arguments: [(nil as Int?, 5), (0, 10), (70, 3), (1000, 1)])
    func `more are asked for when so many bytes are on their way`(_ refill: Int?, _ taken: Int) {
        var configuration = Self.configuration(1000, maxBytes: 100)
        configuration.refillBytes = refill
        var machine = PullMachine(configuration)
        let first = Self.asked(&machine)
        #expect(first?.batch == 1000 && first?.maxBytes == 100)
        for _ in 1..<taken {
            Self.receive(&machine, 1)
            let early = Self.asked(&machine)
            #expect(early == nil)
        }
        Self.receive(&machine, 1)
        let second = Self.asked(&machine)
        #expect(second?.batch == taken && second?.maxBytes == taken * 10)
        let third = Self.asked(&machine)
        #expect(third == nil)
    }

    /// A message that fits the limit and none of its parts would be refused for ever.
    @Test func `behind a message that did not fit the whole limit is asked for`() {
        var machine = PullMachine(Self.configuration(1000, maxBytes: 100))
        #expect(Self.asked(&machine)?.maxBytes == 100)
        Self.receive(&machine, 6)
        #expect(Self.asked(&machine)?.maxBytes == 60)
        let status = HeaderStatus(
            code: 409, description: "Message Size Exceeds MaxBytes")
        machine.statusReceived(
            status, headers: ["Nats-Pending-Messages": "994", "Nats-Pending-Bytes": "40"],
            now: .zero)
        let early = Self.asked(&machine)
        #expect(early == nil)
        machine.statusReceived(
            status, headers: ["Nats-Pending-Messages": "6", "Nats-Pending-Bytes": "60"],
            now: .zero)
        let whole = Self.asked(&machine)
        #expect(whole?.batch == 1000 && whole?.maxBytes == 100)
    }

    @Test func `what is held leaves room for no more requests`() {
        var configuration = Self.configuration(1000, maxBytes: 100)
        configuration.countsHeld = true
        var machine = PullMachine(configuration)
        #expect(Self.asked(&machine)?.maxBytes == 100)
        for _ in 0..<9 {
            Self.receive(&machine, 1)
            let early = Self.asked(&machine)
            #expect(early == nil)
        }
        machine.released(messages: 9, bytes: 90)
        #expect(Self.asked(&machine)?.maxBytes == 90)
    }

    @Test func `it ends behind the last message that is wanted, and asks for no more`() {
        var configuration = Self.configuration(4)
        configuration.maxMessages = 6
        var machine = PullMachine(configuration)
        #expect(Self.asked(&machine)?.batch == 4)
        Self.receive(&machine, 2)
        #expect(Self.asked(&machine)?.batch == 2)
        Self.receive(&machine, 2)
        #expect(Self.asked(&machine) == nil)
        Self.receive(&machine, 2)
        #expect(machine.step(now: .zero) == .finish(.filled))
    }

    @Test func `the heartbeat is the one that was asked for`() {
        var configuration = Self.configuration(4)
        configuration.ownHeartbeat = .seconds(1)
        var machine = PullMachine(configuration)
        #expect(Self.asked(&machine)?.heartbeat == .seconds(1))
        #expect(machine.step(now: .zero) == .wait(until: .seconds(2)))
    }

    @Test func `a client that is pinned no more asks again without its pin`() {
        var configuration = Self.configuration(4)
        configuration.group = PriorityGroup("g")
        var machine = PullMachine(configuration)
        _ = Self.asked(&machine)
        Self.receive(&machine, 1)
        machine.pinned(as: "p1")
        #expect(machine.pin == "p1")
        machine.statusReceived(
            HeaderStatus(code: 423, description: "Nats-Wrong-Pin-Id"), headers: [:], now: .zero)
        #expect(machine.pin == nil)
        #expect(Self.asked(&machine)?.batch == 4)
    }

    @Test func `what makes no sense is told before anything is sent`() {
        let changes: [(inout PullMachine.Configuration) -> Void] = [
            { $0.refill = -1 }, { $0.maxMessages = 0 },
            { $0.ownHeartbeat = .seconds(6) }, { $0.ownHeartbeat = .zero },
            { $0.group = PriorityGroup("") }, { $0.group = PriorityGroup("seventeen letters") },
            {
                $0.group = PriorityGroup("g")
                $0.group?.priority = 10
            },
            {
                $0.group = PriorityGroup("g")
                $0.group?.minPending = 0
            },
        ]
        for change in changes {
            var configuration = Self.configuration(10)
            #expect(configuration.fault == nil)
            change(&configuration)
            #expect(configuration.fault != nil)
        }
    }
}
