internal import NATSJetStream
internal import Testing

@Suite struct OutstandingPublishesTests {
    private func window(retries: Int = 1) -> OutstandingPublishes {
        OutstandingPublishes(
            patience: .seconds(5), retries: retries, retryWait: .milliseconds(250))
    }

    @Test func `an answer is waited for once, and until its time is over`() {
        var window = window()
        #expect(window.nextDue() == nil)
        #expect(window.opened(now: .zero) == 0 && window.opened(now: .seconds(1)) == 1)
        #expect(window.nextDue() == .seconds(5) && window.count == 2)
        #expect(window.answered(0) && !window.answered(0) && !window.answered(7))
        #expect(window.nextDue() == .seconds(6))
        #expect(window.due(now: .seconds(5)) == [])
        #expect(window.due(now: .seconds(6)) == [.unanswered(1)])
        #expect(window.count == 0 && window.nextDue() == nil)
    }

    @Test func `what nobody took is sent again, and given up after the retries`() {
        var window = window()
        let number = window.opened(now: .zero)
        #expect(window.nobodyListened(number, now: .seconds(1)) == .retryLater)
        #expect(window.nobodyListened(number, now: .seconds(1)) == .ignore)
        #expect(window.nextDue() == .milliseconds(1250) && window.count == 1)
        #expect(window.due(now: .seconds(1)) == [])
        #expect(window.due(now: .seconds(2)) == [.sendAgain(number)])
        #expect(window.nextDue() == .seconds(7))
        #expect(window.nobodyListened(number, now: .seconds(3)) == .giveUp)
        #expect(window.count == 0)
    }

    @Test func `a late answer to the first try counts while the second waits`() {
        var window = window()
        let number = window.opened(now: .zero)
        #expect(window.nobodyListened(number, now: .zero) == .retryLater)
        #expect(window.answered(number) && window.nextDue() == nil)
        #expect(window.due(now: .seconds(9)) == [])
    }

    @Test func `everything that is outstanding is given up in order`() {
        var window = window()
        let numbers = (0..<4).map { _ in window.opened(now: .zero) }
        let isAwaited = window.answered(numbers[1])
        #expect(isAwaited)
        #expect(window.nobodyListened(numbers[0], now: .zero) == .retryLater)
        #expect(window.takeAll() == [0, 2, 3] && window.count == 0)
        #expect(window.nextDue() == nil)
    }
}
