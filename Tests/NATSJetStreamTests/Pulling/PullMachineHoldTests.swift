internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire
internal import Testing

/// The account of a worker, which holds messages until it is done with them.
@Suite struct PullMachineHoldTests {
    private static func machine(batch: Int, maxBytes: Int? = nil) -> PullMachine {
        var configuration = PullMachine.Configuration(
            batch: batch, maxBytes: maxBytes, expires: .seconds(30), isContinuous: true)
        configuration.countsHeld = true
        return PullMachine(configuration)
    }

    private static func asked(_ machine: inout PullMachine) -> PullMachine.Request? {
        guard case .pull(let request) = machine.step(now: .zero) else { return nil }
        return request
    }

    private static let tooLarge = HeaderStatus(
        code: 409, description: "Message Size Exceeds MaxBytes")

    @Test func `what is held is not asked for again before it is released`() {
        var machine = Self.machine(batch: 4)
        #expect(Self.asked(&machine)?.batch == 4)
        for _ in 0..<4 { machine.messageReceived(size: 10, now: .zero) }
        #expect(machine.step(now: .zero) == .hold)
        machine.released(messages: 1, bytes: 10)
        #expect(Self.asked(&machine)?.batch == 1)
        machine.released(messages: 3, bytes: 30)
        #expect(Self.asked(&machine)?.batch == 3)
        #expect(machine.pending == 4)
    }

    @Test func `bytes that are held are not asked for either`() {
        var machine = Self.machine(batch: 10, maxBytes: 100)
        #expect(Self.asked(&machine)?.maxBytes == 100)
        machine.messageReceived(size: 60, now: .zero)
        machine.statusReceived(Self.tooLarge, headers: ["Nats-Pending-Bytes": "40"], now: .zero)
        // Asking again would bring the same answer at once.
        #expect(machine.step(now: .zero) == .hold)
        machine.released(messages: 1, bytes: 60)
        #expect(Self.asked(&machine)?.maxBytes == 100)
    }

    @Test func `a message that alone is too large ends the work`() {
        var machine = Self.machine(batch: 10, maxBytes: 100)
        _ = Self.asked(&machine)
        machine.statusReceived(Self.tooLarge, headers: ["Nats-Pending-Bytes": "100"], now: .zero)
        guard case .finish(.failed(.tooLarge, _)) = machine.step(now: .zero) else {
            Issue.record("it goes on")
            return
        }
    }

    @Test func `releasing more than is held leaves nothing below zero`() {
        var machine = Self.machine(batch: 2, maxBytes: 100)
        _ = Self.asked(&machine)
        machine.messageReceived(size: 60, now: .zero)
        machine.released(messages: 5, bytes: 500)
        machine.messageReceived(size: 60, now: .zero)
        #expect(Self.asked(&machine)?.maxBytes == 40)
    }
}
