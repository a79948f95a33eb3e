import NATSCore
import Testing

@Suite struct RequestManyMachineTests {
    private static func machine(
        stall: Duration? = nil, maxMessages: Int? = nil
    ) -> RequestManyMachine {
        RequestManyMachine(
            total: .seconds(10), stall: stall, maxMessages: maxMessages, now: .seconds(100))
    }

    private static func answer(
        _ machine: inout RequestManyMachine, at now: Int, noResponders: Bool = false,
        sentinel: Bool = false
    ) -> RequestManyMachine.Action {
        machine.answerReceived(
            isNoResponders: noResponders, isSentinel: sentinel, now: .seconds(now))
    }

    @Test func `the total time ends it`() {
        var machine = Self.machine()
        #expect(machine.deadline == .seconds(110))
        #expect(Self.answer(&machine, at: 109) == .deliver)
        let early = machine.timerDue(now: .seconds(109))
        let onTime = machine.timerDue(now: .seconds(110))
        #expect(!early && onTime)
        #expect(machine.deadline == nil)
        #expect(Self.answer(&machine, at: 111) == .ignore)
    }

    @Test func `the stall time counts from the last answer, never past the total`() {
        var machine = Self.machine(stall: .seconds(2))
        #expect(machine.deadline == .seconds(110))
        #expect(Self.answer(&machine, at: 103) == .deliver)
        #expect(machine.deadline == .seconds(105))
        #expect(Self.answer(&machine, at: 104) == .deliver)
        #expect(machine.deadline == .seconds(106))
        #expect(Self.answer(&machine, at: 109) == .deliver)
        #expect(machine.deadline == .seconds(110))
    }

    @Test func `the last of the wanted number ends it`() {
        var machine = Self.machine(maxMessages: 2)
        #expect(Self.answer(&machine, at: 101) == .deliver)
        #expect(Self.answer(&machine, at: 101) == .deliverAndEnd)
        #expect(Self.answer(&machine, at: 101) == .ignore)
    }

    @Test func `a sentinel ends it and is not delivered`() {
        var machine = Self.machine()
        #expect(Self.answer(&machine, at: 101, sentinel: true) == .end)
        #expect(machine.deadline == nil)
    }

    @Test func `no responders is a failure only when nothing came before`() {
        var machine = Self.machine()
        #expect(Self.answer(&machine, at: 101, noResponders: true) == .failNoResponders)
        machine = Self.machine()
        #expect(Self.answer(&machine, at: 101) == .deliver)
        #expect(Self.answer(&machine, at: 101, noResponders: true) == .end)
    }
}
