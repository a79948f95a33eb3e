import NATSBridge
import NATSCore
import Testing

@Suite struct PublishRetryMachineTests {
    private typealias Machine = PublishRetryMachine

    private static func machine(
        _ seconds: Int = 10, repeats: Bool = true, sharesTime: Bool = false
    ) -> PublishRetryMachine {
        PublishRetryMachine(limit: .seconds(seconds), repeats: repeats, sharesTime: sharesTime)
    }

    @Test func `an attempt has all the time that is left`() {
        var machine = Self.machine()
        #expect(machine.outcome == .lost)
        #expect(machine.proceed(at: .zero) == .attempt(limit: .seconds(10)))
        #expect(machine.failed(.unknown, .passing, at: .seconds(3)) == .pause(.milliseconds(100)))
        #expect(machine.proceed(at: .seconds(4)) == .attempt(limit: .seconds(6)))
        #expect(machine.attempts == 2 && machine.outcome == .unknown)
    }

    @Test func `pauses double, and attempts are counted`() {
        var machine = Self.machine()
        for pause in [100, 200, 400, 800] {
            _ = machine.proceed(at: .zero)
            #expect(machine.failed(.unknown, .passing, at: .zero) == .pause(.milliseconds(pause)))
        }
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.unknown, .passing, at: .zero) == .fail(.unknown))
        #expect(machine.attempts == Machine.maxAttempts)
    }

    @Test func `what is not known is not repeated without leave`() {
        var machine = Self.machine(repeats: false)
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.unknown, .passing, at: .zero) == .fail(.unknown))
    }

    @Test func `a pause that would end behind the limit is not begun`() {
        var machine = Self.machine()
        _ = machine.proceed(at: .zero)
        let late: Duration = .milliseconds(9_900)
        #expect(machine.failed(.unknown, .passing, at: late) == .fail(.unknown))
    }

    @Test func `when the time is over nothing is begun`() {
        var machine = Self.machine()
        _ = machine.proceed(at: .zero)
        _ = machine.failed(.unknown, .passing, at: .seconds(9))
        #expect(machine.proceed(at: .seconds(10)) == .fail(.unknown))
        #expect(machine.attempts == 1)
    }

    @Test(arguments: [PublishOutcome.lost, .denied])
    func `what is known is told at once, and stays unknown behind an unknown attempt`(
        outcome: PublishOutcome
    ) {
        var machine = Self.machine()
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(outcome, .lasting, at: .zero) == .fail(outcome))
        machine = Self.machine()
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.unknown, .passing, at: .zero) == .pause(Machine.firstPause))
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(outcome, .lasting, at: .zero) == .fail(.unknown))
    }

    @Test func `nobody there is waited out only behind an unknown attempt`() {
        var machine = Self.machine()
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.denied, .passing, at: .zero) == .fail(.denied))
        machine = Self.machine()
        _ = machine.proceed(at: .zero)
        _ = machine.failed(.unknown, .passing, at: .zero)
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.denied, .passing, at: .zero) == .pause(.milliseconds(200)))
    }

    @Test func `what did not fit is planned again a bounded number of times`() {
        var machine = Self.machine(repeats: false)
        for _ in 0..<Machine.maxPlans {
            _ = machine.proceed(at: .zero)
            #expect(machine.failed(.lost, .tooLarge, at: .zero) == .planAgain)
        }
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.lost, .tooLarge, at: .zero) == .fail(.lost))
    }

    @Test func `what may have arrived is not made smaller`() {
        var machine = Self.machine()
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.unknown, .tooLarge, at: .zero) == .fail(.unknown))
    }

    @Test func `what arrived is not unknown, nor sent again`() {
        var machine = Self.machine()
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.sent, .passing, at: .zero) == .fail(.sent))
    }

    @Test func `where an answer can get lost, attempts share the time`() {
        var machine = Self.machine(sharesTime: true)
        #expect(machine.proceed(at: .zero) == .attempt(limit: .seconds(5)))
        _ = machine.failed(.unknown, .passing, at: .seconds(5))
        #expect(machine.proceed(at: .seconds(6)) == .attempt(limit: .seconds(2)))
        _ = machine.failed(.unknown, .passing, at: .seconds(8))
        // Half of what is left would be less than the least share.
        #expect(machine.proceed(at: .milliseconds(8_500)) == .attempt(limit: .milliseconds(1_500)))
        var alone = Self.machine(repeats: false, sharesTime: true)
        #expect(alone.proceed(at: .zero) == .attempt(limit: .seconds(10)))
    }

    @Test func `nothing is repeated behind a stream's duplicate window`() {
        var machine = Self.machine(1_000, sharesTime: true)
        #expect(machine.proceed(at: .zero) == .attempt(limit: .seconds(60)))
        #expect(machine.failed(.unknown, .passing, at: .seconds(119)) == .pause(Machine.firstPause))
        #expect(machine.proceed(at: .seconds(120)) == .fail(.unknown))
        machine = Self.machine(1_000, sharesTime: true)
        _ = machine.proceed(at: .zero)
        #expect(machine.failed(.unknown, .passing, at: .seconds(500)) == .fail(.unknown))
    }

    @Test func `an enormous limit is the longest one`() {
        var machine = Self.machine(.max)
        #expect(machine.proceed(at: .zero) == .attempt(limit: Machine.longestLimit))
    }
}
