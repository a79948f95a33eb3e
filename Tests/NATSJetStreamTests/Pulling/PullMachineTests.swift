import BridgeBytes
internal import NATSJetStream
internal import NATSWire
internal import Testing

@Suite struct PullMachineTests {
    private static func fetch(
        _ batch: Int, expires: Duration = .seconds(10), maxBytes: Int? = nil
    ) -> PullMachine {
        PullMachine(.init(batch: batch, maxBytes: maxBytes, expires: expires))
    }

    private static func stream(_ batch: Int, maxBytes: Int? = nil) -> PullMachine {
        PullMachine(
            .init(batch: batch, maxBytes: maxBytes, expires: .seconds(10), isContinuous: true))
    }

    /// The size of the request, when the step is one.
    private static func asked(_ step: PullMachine.Step) -> Int? {
        if case .pull(let request) = step { request.batch } else { nil }
    }

    private static func receive(_ machine: inout PullMachine, _ count: Int, at now: Duration) {
        for _ in 0..<count { machine.messageReceived(size: 10, now: now) }
    }

    private static func status(
        _ machine: inout PullMachine, _ code: Int, _ words: String = "", headers: Headers = [:],
        at now: Duration = .zero
    ) {
        machine.statusReceived(
            HeaderStatus(code: code, description: words), headers: headers, now: now)
    }

    @Test func aFetchAsksOnceAndIsFilled() {
        var machine = Self.fetch(2)
        #expect(Self.asked(machine.step(now: .zero)) == 2)
        #expect(machine.step(now: .zero) == .wait(until: .seconds(10)))
        Self.receive(&machine, 1, at: .seconds(1))
        #expect(machine.step(now: .seconds(1)) == .wait(until: .seconds(11)))
        Self.receive(&machine, 1, at: .seconds(1))
        #expect(machine.step(now: .seconds(1)) == .finish(.filled))
        #expect(machine.step(now: .seconds(99)) == .finish(.filled))
    }

    @Test func theRequestSaysWhatItWants() {
        var machine = Self.fetch(5, expires: .seconds(4), maxBytes: 1000)
        guard case .pull(let request) = machine.step(now: .zero) else {
            Issue.record("no request")
            return
        }
        #expect(request.batch == 5)
        #expect(request.maxBytes == 1000)
        #expect(request.expires == .seconds(4))
        #expect(request.heartbeat == .seconds(2))
    }

    @Test(arguments: [
        (Duration.milliseconds(900), nil as Duration?), (.seconds(1), .milliseconds(500)),
        (.seconds(30), .seconds(15)), (.seconds(300), .seconds(30)),
    ])
    func heartbeats(_ expires: Duration, _ heartbeat: Duration?) {
        #expect(PullMachine.Configuration(batch: 1, expires: expires).heartbeat == heartbeat)
    }

    @Test(arguments: [404, 408])
    func aFetchEndsWithItsRequest(_ code: Int) {
        var machine = Self.fetch(5)
        _ = machine.step(now: .zero)
        Self.receive(&machine, 2, at: .seconds(1))
        Self.status(&machine, code, headers: ["Nats-Pending-Messages": "3"])
        #expect(machine.pending == 0)
        #expect(machine.step(now: .seconds(1)) == .finish(.exhausted))
    }

    @Test(arguments: ["Batch Completed", "Leadership Change", "Server Shutdown"])
    func anEarlyEndIsNoFailure(_ words: String) {
        var machine = Self.fetch(5)
        _ = machine.step(now: .zero)
        Self.status(&machine, 409, words)
        #expect(machine.step(now: .zero) == .finish(.exhausted))
        var stream = Self.stream(5)
        _ = stream.step(now: .zero)
        Self.status(&stream, 409, words)
        #expect(Self.asked(stream.step(now: .zero)) == 5)
    }

    @Test(arguments: [
        (409, "Consumer Deleted", ErrorCode.consumerDeleted),
        (409, "Consumer is push based", .refused), (409, "Exceeded MaxRequestBatch of 1", .refused),
        (409, "Message Size Exceeds MaxBytes", .tooLarge), (400, "Bad Request", .refused),
        (423, "Nats-Wrong-Pin-Id", .refused), (599, "what", .refused),
    ])
    func failures(_ code: Int, _ words: String, _ expected: ErrorCode) {
        for var machine in [Self.fetch(5), Self.stream(5)] {
            _ = machine.step(now: .zero)
            Self.status(&machine, code, words)
            if case .finish(.failed(let code, _)) = machine.step(now: .zero) {
                #expect(code == expected)
            } else {
                Issue.record("\(code) \(words) is no failure")
            }
        }
    }

    @Test func nobodyThereEndsAFetchAndPausesAStream() {
        var fetch = Self.fetch(5)
        _ = fetch.step(now: .zero)
        Self.status(&fetch, 503)
        guard case .finish(.failed(.unavailable, _)) = fetch.step(now: .zero) else {
            Issue.record("a fetch without a consumer goes on")
            return
        }
        var stream = Self.stream(5)
        var now: Duration = .zero
        for wait in [250, 500, 1000, 2000, 4000] {
            #expect(Self.asked(stream.step(now: now)) == 5)
            Self.status(&stream, 503, at: now)
            let next = now + .milliseconds(wait)
            #expect(stream.step(now: now) == .wait(until: next))
            now = next
        }
        #expect(Self.asked(stream.step(now: now)) == 5)
        Self.status(&stream, 503, at: now)
        guard case .finish(.failed(.unavailable, _)) = stream.step(now: now) else {
            Issue.record("a stream without a consumer goes on for ever")
            return
        }
    }

    @Test func aConsumerThatIsGoneEndsEverything() {
        for var machine in [Self.fetch(5), Self.stream(5)] {
            _ = machine.step(now: .zero)
            machine.consumerGone()
            guard case .finish(.failed(.consumerDeleted, _)) = machine.step(now: .zero) else {
                Issue.record("pulling from nobody")
                return
            }
        }
    }

    @Test func anAnswerForgetsTheRefusals() {
        var stream = Self.stream(5)
        for _ in 0..<20 {
            _ = stream.step(now: .zero)
            Self.status(&stream, 503)
            #expect(stream.step(now: .zero) == .wait(until: .milliseconds(250)))
            #expect(Self.asked(stream.step(now: .milliseconds(250))) == 5)
            Self.receive(&stream, 1, at: .milliseconds(250))
        }
    }

    @Test func silenceOfTwoHeartbeatsIsALoss() {
        var machine = Self.fetch(5)
        _ = machine.step(now: .zero)
        Self.status(&machine, 100, at: .seconds(4))
        #expect(machine.step(now: .seconds(4)) == .wait(until: .seconds(11)))
        var silent = Self.fetch(5, expires: .seconds(20))
        _ = silent.step(now: .zero)
        Self.status(&silent, 100, at: .milliseconds(500))
        #expect(silent.step(now: .seconds(1)) == .wait(until: .milliseconds(20_500)))
        guard case .finish(.failed(.heartbeatMissed, _)) = silent.step(now: .milliseconds(20_500))
        else {
            Issue.record("silence went unnoticed")
            return
        }
    }

    @Test func aShortFetchEndsByItsTime() {
        var machine = Self.fetch(5, expires: .milliseconds(100))
        _ = machine.step(now: .zero)
        #expect(machine.step(now: .milliseconds(100)) == .wait(until: .milliseconds(1100)))
        #expect(machine.step(now: .milliseconds(1100)) == .finish(.exhausted))
    }

    @Test func aStreamOfMessagesAsksForHalfAgain() {
        var machine = Self.stream(10)
        #expect(Self.asked(machine.step(now: .zero)) == 10)
        Self.receive(&machine, 4, at: .zero)
        #expect(machine.step(now: .zero) == .wait(until: .seconds(10)))
        Self.receive(&machine, 1, at: .zero)
        #expect(Self.asked(machine.step(now: .zero)) == 5)
        #expect(machine.pending == 10)
    }

    @Test func aStreamOfOneAtATimeWorks() {
        var machine = Self.stream(1)
        for _ in 0..<3 {
            #expect(Self.asked(machine.step(now: .zero)) == 1)
            Self.receive(&machine, 1, at: .zero)
        }
    }

    @Test func whatWasLeftIsAskedForAgain() {
        var machine = Self.stream(10)
        _ = machine.step(now: .zero)
        Self.receive(&machine, 5, at: .zero)
        #expect(Self.asked(machine.step(now: .zero)) == 5)
        Self.status(&machine, 408, "Request Timeout", headers: ["Nats-Pending-Messages": "5"])
        #expect(machine.pending == 5)
        #expect(Self.asked(machine.step(now: .zero)) == 5)
        Self.status(&machine, 408, headers: ["Nats-Pending-Messages": "99999999999999999999"])
        #expect(machine.pending == 0)
        Self.status(&machine, 408, headers: ["Nats-Pending-Messages": "7"])
        #expect(machine.pending == 0)
    }

    @Test func aLostRequestIsSentAgain() {
        var machine = Self.stream(10)
        _ = machine.step(now: .zero)
        #expect(machine.step(now: .seconds(9)) == .wait(until: .seconds(10)))
        #expect(Self.asked(machine.step(now: .seconds(10))) == 10)
        #expect(machine.step(now: .seconds(11)) == .wait(until: .seconds(20)))
    }

    @Test func bytesAreCounted() {
        var machine = Self.stream(10, maxBytes: 100)
        _ = machine.step(now: .zero)
        Self.receive(&machine, 5, at: .zero)
        guard case .pull(let request) = machine.step(now: .zero) else {
            Issue.record("no request")
            return
        }
        #expect(request.maxBytes == 50)
    }
}
