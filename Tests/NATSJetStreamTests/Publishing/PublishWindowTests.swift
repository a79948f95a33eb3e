internal import NATSJetStream
internal import Testing

@Suite struct PublishWindowTests {
    @Test func fillsAndEmpties() {
        var window = PublishWindow(size: 2, retries: 0)
        #expect(window.isEmpty)
        #expect(window.opened() == 0)
        #expect(!window.isFull)
        #expect(window.opened() == 1)
        #expect(window.isFull)
        #expect(window.answered(1) == true)
        #expect(!window.isFull)
        #expect(window.answered(1) == false)
        #expect(window.answered(0) == true)
        #expect(window.isEmpty)
        #expect(window.answered(7) == false)
    }

    @Test func refusalsAreRepeatedAsOftenAsAllowed() {
        var window = PublishWindow(size: 3, retries: 2)
        let number = window.opened()
        #expect(window.nobodyListened(number) == .retryLater)
        #expect(window.mustSendAgain)
        #expect(!window.isEmpty)
        #expect(window.takeWaiting() == [number])
        #expect(!window.mustSendAgain)
        #expect(window.nobodyListened(number) == .retryLater)
        #expect(window.takeWaiting() == [number])
        #expect(window.nobodyListened(number) == .giveUp)
        #expect(window.isEmpty)
        #expect(window.nobodyListened(number) == .ignore)
    }

    @Test func thePauseWaitsForTheOthers() {
        var window = PublishWindow(size: 9, retries: 1)
        let numbers = (0..<4).map { _ in window.opened() }
        #expect(window.nobodyListened(numbers[2]) == .retryLater)
        #expect(window.nobodyListened(numbers[0]) == .retryLater)
        #expect(!window.mustSendAgain)
        #expect(window.answered(numbers[1]) == true)
        #expect(window.answered(numbers[3]) == true)
        #expect(window.mustSendAgain)
        #expect(window.takeWaiting() == [0, 2])
    }

    @Test func waitingMessagesTakeRoom() {
        var window = PublishWindow(size: 1, retries: 1)
        _ = window.nobodyListened(window.opened())
        #expect(window.isFull)
    }
}
