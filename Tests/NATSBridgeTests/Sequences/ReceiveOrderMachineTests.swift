import NATSBridge
import TestKit
import Testing

@Suite struct ReceiveOrderMachineTests {
    private static func machine(
        _ order: ReceiveOptions.Order = .inOrder, patience: Int = 5, parallel: Int = 16,
        held: Int = 64, heldBytes: Int = 1 << 20, unready: Int = 1024
    ) -> ReceiveOrderMachine {
        var limits = ReceiveOrderMachine.Limits()
        limits.order = order
        limits.patience = .seconds(patience)
        limits.parallel = parallel
        limits.heldMessages = held
        limits.heldBytes = heldBytes
        limits.unreadyMessages = unready
        return ReceiveOrderMachine(limits: limits)
    }

    @Test func `what is ready goes in the order of arrival, and then the end`() {
        var machine = Self.machine()
        #expect(machine.take(now: .zero) == .wait)
        #expect(machine.arrivedReady(weight: 1, now: .zero) == 0)
        #expect(machine.arrivedReady(weight: 1, now: .zero) == 1)
        machine.ended()
        #expect(machine.take(now: .zero) == .handOut(0))
        #expect(machine.take(now: .zero) == .handOut(1))
        #expect(machine.take(now: .zero) == .end)
    }

    @Test func `one that is not ready holds up the others for the patience and no longer`() {
        var machine = Self.machine()
        _ = machine.arrivedUnready(weight: 1)
        #expect(machine.deadline == nil)
        _ = machine.arrivedReady(weight: 1, now: .seconds(10))
        _ = machine.arrivedReady(weight: 1, now: .seconds(12))
        #expect(machine.deadline == .seconds(15))
        #expect(machine.take(now: .seconds(14)) == .wait)
        #expect(machine.take(now: .seconds(15)) == .handOut(1))
        // It is late now, and blocks nobody any more.
        #expect(machine.deadline == nil)
        #expect(machine.take(now: .seconds(15)) == .handOut(2))
        #expect(machine.take(now: .seconds(15)) == .wait)
        machine.finished(0, now: .seconds(20))
        #expect(machine.take(now: .seconds(20)) == .handOut(0))
    }

    @Test func `one that is ready in time keeps its place`() {
        var machine = Self.machine()
        _ = machine.arrivedUnready(weight: 1)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        machine.finished(0, now: .seconds(4))
        #expect(machine.take(now: .seconds(4)) == .handOut(0))
        #expect(machine.take(now: .seconds(4)) == .handOut(1))
    }

    @Test func `one that is overtaken goes first as soon as it is ready`() {
        var machine = Self.machine()
        _ = machine.arrivedUnready(weight: 1)
        for _ in 0..<3 { _ = machine.arrivedReady(weight: 1, now: .zero) }
        #expect(machine.take(now: .seconds(5)) == .handOut(1))
        machine.finished(0, now: .seconds(5))
        #expect(machine.take(now: .seconds(5)) == .handOut(0))
        #expect(machine.take(now: .seconds(5)) == .handOut(2))
    }

    @Test func `only what kept somebody waiting is overtaken`() {
        var machine = Self.machine()
        _ = machine.arrivedUnready(weight: 1)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        _ = machine.arrivedUnready(weight: 1)
        _ = machine.arrivedReady(weight: 1, now: .seconds(3))
        #expect(machine.take(now: .seconds(5)) == .handOut(1))
        #expect(machine.take(now: .seconds(5)) == .wait)
        #expect(machine.deadline == .seconds(8))
        #expect(machine.take(now: .seconds(8)) == .handOut(3))
    }

    @Test func `what is held back is overtaken at once when it fills a limit`() {
        var machine = Self.machine(held: 3)
        _ = machine.arrivedUnready(weight: 1)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        #expect(machine.take(now: .zero) == .wait)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        #expect(machine.isFull)
        #expect(machine.take(now: .zero) == .handOut(1))
        #expect(machine.take(now: .zero) == .handOut(2))
        #expect(!machine.isFull)

        var bytes = Self.machine(heldBytes: 100)
        _ = bytes.arrivedUnready(weight: 1)
        _ = bytes.arrivedReady(weight: 99, now: .zero)
        #expect(bytes.take(now: .zero) == .wait)
        _ = bytes.arrivedReady(weight: 1, now: .zero)
        #expect(bytes.take(now: .zero) == .handOut(1))
    }

    @Test func `strict order is never broken, and reading stops instead`() {
        var machine = Self.machine(.strict, held: 2)
        _ = machine.arrivedUnready(weight: 1)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        #expect(machine.isFull && machine.deadline == nil)
        #expect(machine.take(now: .seconds(1_000_000)) == .wait)
        machine.finished(0, now: .seconds(1_000_000))
        for id in 0..<3 { #expect(machine.take(now: .zero) == .handOut(id)) }
        #expect(!machine.isFull)
    }

    @Test func `without an order the first that is ready goes first`() {
        var machine = Self.machine(.asReady)
        for _ in 0..<3 { _ = machine.arrivedUnready(weight: 1) }
        machine.finished(2, now: .zero)
        machine.finished(0, now: .zero)
        #expect(machine.take(now: .zero) == .handOut(2))
        #expect(machine.take(now: .zero) == .handOut(0))
        #expect(machine.take(now: .zero) == .wait)
    }

    @Test func `preparations begin in order, so many at a time, one waiting for memory`() {
        var machine = Self.machine(parallel: 2)
        for _ in 0..<4 { _ = machine.arrivedUnready(weight: 1) }
        #expect(machine.startNext() == 0)
        #expect(machine.startNext() == nil)
        machine.admitted(0)
        #expect(machine.startNext() == 1)
        machine.admitted(1)
        #expect(machine.startNext() == nil)
        machine.finished(1, now: .zero)
        #expect(machine.startNext() == 2)
        // One that fails before it is admitted frees the way as well.
        machine.finished(2, now: .zero)
        #expect(machine.startNext() == 3)
    }

    @Test func `a duplicate is forgotten and blocks nobody`() {
        var machine = Self.machine()
        _ = machine.arrivedUnready(weight: 1)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        machine.dropped(0)
        machine.dropped(0)
        machine.finished(7, now: .zero)
        #expect(machine.take(now: .zero) == .handOut(1))
        #expect(machine.isEmpty)
    }

    @Test func `reading stops at the limit of unready ones and goes on at half of it`() {
        var machine = Self.machine(unready: 4)
        for _ in 0..<3 { _ = machine.arrivedUnready(weight: 1) }
        #expect(!machine.isFull)
        _ = machine.arrivedUnready(weight: 1)
        #expect(machine.isFull)
        machine.finished(3, now: .zero)
        #expect(machine.isFull)
        machine.finished(2, now: .zero)
        #expect(!machine.isFull)
    }

    @Test(arguments: [Duration.seconds(-1), .zero, .seconds(Int64.max)])
    func `no patience is too short or too long`(_ patience: Duration) {
        var limits = ReceiveOrderMachine.Limits()
        limits.patience = patience
        limits.parallel = -1
        var machine = ReceiveOrderMachine(limits: limits)
        _ = machine.arrivedUnready(weight: 1)
        #expect(machine.startNext() == 0)
        _ = machine.arrivedReady(weight: 1, now: .zero)
        #expect(machine.deadline.map { $0 >= .zero } == true)
        #expect((machine.take(now: .zero) == .handOut(1)) == (patience <= .zero))
    }
}
