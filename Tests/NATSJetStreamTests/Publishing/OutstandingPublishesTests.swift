internal import NATSJetStream
internal import TestKit
internal import Testing

@Suite struct OutstandingPublishesTests {
    private func window(
        retries: Int = 1, patience: Duration = .seconds(5)
    ) -> OutstandingPublishes<Int> {
        OutstandingPublishes(
            patience: patience, retries: retries, retryWait: .milliseconds(250))
    }

    @Test func `an answer is waited for once, and until its time is over`() {
        var window = window()
        #expect(window.nextDue() == nil)
        let numbers = [
            window.opened(70, now: .zero), window.opened(71, now: .seconds(1)),
        ]
        #expect(numbers == [0, 1])
        #expect(window.nextDue() == .seconds(5))
        #expect(window.count == 2)
        #expect(window.message(1) == 71)
        let taken = [window.take(0), window.take(0), window.take(7), window.take(-1)]
        #expect(taken == [70, nil, nil, nil])
        #expect(window.nextDue() == .seconds(6))
        #expect(window.due(now: .seconds(5)) == [])
        #expect(window.due(now: .seconds(6)) == [.unanswered(1)])
        #expect(window.nextDue() == nil)
        #expect(window.due(now: .seconds(9)) == [])
        #expect(window.take(1) == 71)
        #expect(window.count == 0)
    }

    @Test func `what nobody took is sent again, and given up after the retries`() {
        var window = window()
        let number = window.opened(7, now: .zero)
        #expect(window.nobodyListened(number, now: .seconds(1)) == .retryLater)
        #expect(window.nobodyListened(number, now: .seconds(1)) == .ignore)
        #expect(window.nextDue() == .milliseconds(1250))
        #expect(window.count == 1)
        #expect(window.due(now: .seconds(1)) == [])
        #expect(window.due(now: .seconds(2)) == [.sendAgain(number)])
        #expect(window.nextDue() == .seconds(7))
        #expect(window.nobodyListened(number, now: .seconds(3)) == .giveUp)
        #expect(window.nobodyListened(number, now: .seconds(3)) == .ignore)
        #expect(window.nextDue() == nil)
        #expect(window.message(number) == 7)
        #expect(window.take(number) == 7)
        #expect(window.count == 0)
    }

    @Test func `a late answer to the first try counts while the second waits`() {
        var window = window()
        let number = window.opened(7, now: .zero)
        #expect(window.nobodyListened(number, now: .zero) == .retryLater)
        #expect(window.take(number) == 7)
        #expect(window.nextDue() == nil)
        #expect(window.due(now: .seconds(9)) == [])
    }

    @Test func `everything that is outstanding is taken in order`() {
        var window = window()
        let numbers = (0..<4).map { window.opened(70 + $0, now: .zero) }
        #expect(window.take(numbers[1]) == 71)
        #expect(window.nobodyListened(numbers[0], now: .zero) == .retryLater)
        #expect(window.takeAll() == [70, 72, 73])
        #expect(window.count == 0)
        #expect(window.nextDue() == nil)
    }

    @Test func `a patience without end is none that is over`() {
        var window = window(patience: .seconds(Int64.max))
        _ = window.opened(7, now: .seconds(100))
        #expect(window.due(now: .seconds(1_000_000_000)) == [])
    }

    /// Beside an account that keeps the time of each message and looks through all of them.
    @Test func `it agrees with a simple account`() {
        struct Known: Equatable {
            var until: Int
            var tries = 1
            var phase = "sent"
        }
        var generator = SeededGenerator("OutstandingPublishes")
        var window = window(retries: 2)
        var model: [Int: Known] = [:]
        var (now, next) = (0, 0)
        for _ in 0..<20_000 {
            let number = Int.random(in: max(0, next - 20)...next, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case ..<3:
                let opened = window.opened(next, now: .milliseconds(now))
                #expect(opened == next)
                model[next] = Known(until: now + 5000)
                next += 1
            case 3:
                let taken = window.take(number)
                #expect(taken == model.removeValue(forKey: number).map { _ in number })
            case 4:
                let refusal = window.nobodyListened(number, now: .milliseconds(now))
                guard let known = model[number], known.phase == "sent" else {
                    #expect(refusal == .ignore)
                    continue
                }
                #expect(refusal == (known.tries <= 2 ? .retryLater : .giveUp))
                model[number]?.phase = known.tries <= 2 ? "waiting" : "given up"
                model[number]?.until = now + 250
            default:
                now += Int.random(in: 0...900, using: &generator)
                let due = model.filter { $0.value.phase != "given up" && $0.value.until <= now }
                let expected: [OutstandingPublishes<Int>.Due] = due.keys.sorted().map {
                    due[$0]?.phase == "sent" ? .unanswered($0) : .sendAgain($0)
                }
                #expect(window.due(now: .milliseconds(now)) == expected)
                for (number, known) in due {
                    let isSent = known.phase == "sent"
                    model[number] = Known(
                        until: now + 5000, tries: known.tries + 1,
                        phase: isSent ? "given up" : "sent")
                }
            }
            let times = model.values.filter { $0.phase != "given up" }.map(\.until)
            #expect(window.nextDue() == times.min().map { .milliseconds($0) })
            #expect(window.count == model.count)
        }
    }
}
