internal import NATSJetStream
internal import TestKit
internal import Testing

@Suite struct PublishWindowTests {
    @Test func fillsAndEmpties() {
        var window = PublishWindow<Int>(size: 2, retries: 0)
        #expect(window.isEmpty)
        #expect(window.opened(7) == 0)
        #expect(!window.isFull)
        #expect(window.opened(7) == 1)
        #expect(window.isFull)
        #expect(window.answered(1) == true)
        #expect(!window.isFull)
        #expect(window.answered(1) == false)
        #expect(window.answered(0) == true)
        #expect(window.isEmpty)
        #expect(window.answered(7) == false)
    }

    @Test func refusalsAreRepeatedAsOftenAsAllowed() {
        var window = PublishWindow<Int>(size: 3, retries: 2)
        let number = window.opened(7)
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
        var window = PublishWindow<Int>(size: 9, retries: 1)
        let numbers = (0..<4).map { _ in window.opened(7) }
        #expect(window.nobodyListened(numbers[2]) == .retryLater)
        #expect(window.nobodyListened(numbers[0]) == .retryLater)
        #expect(!window.mustSendAgain)
        #expect(window.answered(numbers[1]) == true)
        #expect(window.answered(numbers[3]) == true)
        #expect(window.mustSendAgain)
        #expect(window.takeWaiting() == [0, 2])
    }

    @Test func waitingMessagesTakeRoom() {
        var window = PublishWindow<Int>(size: 1, retries: 1)
        _ = window.nobodyListened(window.opened(7))
        #expect(window.isFull)
    }

    /// Whatever the order of answers, the account is that of a simple one.
    @Test(arguments: [1, 3, 64, 100, 5000]) func itAgreesWithASimpleAccount(size: Int) {
        var generator = SeededGenerator("PublishWindow \(size)")
        var window = PublishWindow<Int>(size: size, retries: 1)
        var sent: [Int: Int] = [:]
        var waiting: [Int: Int] = [:]
        for _ in 0..<20_000 {
            #expect(window.isFull == (sent.count + waiting.count >= size))
            #expect(window.isEmpty == (sent.isEmpty && waiting.isEmpty))
            #expect(window.mustSendAgain == (sent.isEmpty && !waiting.isEmpty))
            switch Int.random(in: 0..<20, using: &generator) {
            case ..<9 where !window.isFull:
                let number = window.opened(window.next * 3)
                sent[number] = 1
            case ..<16:
                // Mostly the oldest, so that some stay behind for long.
                let number =
                    Bool.random(using: &generator)
                    ? sent.keys.max() ?? 0 : Int.random(in: -1...window.next, using: &generator)
                let isOutstanding = sent[number] != nil || waiting[number] != nil
                #expect(window.message(number) == (isOutstanding ? number * 3 : nil))
                let isKnown = window.answered(number)
                #expect(isKnown == (sent.removeValue(forKey: number) != nil))
            case ..<19:
                let number = Int.random(in: -1...window.next, using: &generator)
                let refusal = window.nobodyListened(number)
                guard let tries = sent.removeValue(forKey: number) else {
                    #expect(refusal == .ignore)
                    continue
                }
                #expect(refusal == (tries <= 1 ? .retryLater : .giveUp))
                if tries <= 1 { waiting[number] = tries }
            default:
                let numbers = window.takeWaiting()
                #expect(numbers == waiting.keys.sorted())
                for (number, tries) in waiting { sent[number] = tries + 1 }
                waiting = [:]
            }
        }
    }

    /// What a hundred thousand messages in flight take besides themselves: a number of theirs, a
    /// count of tries and no object.
    @Test func aHundredThousandMessagesAreATable() {
        var window = PublishWindow<InlineArray<7, Int>>(size: 100_000, retries: 1)
        for _ in 0..<100_000 { _ = window.opened(InlineArray(repeating: 0)) }
        #expect(window.isFull)
        // A ring of a power of two, whose places are the message and three words.
        #expect(window.memory <= 131_072 * (7 + 3) * 8)
        for number in 0..<100_000 {
            let isAwaited = window.answered(number)
            #expect(isAwaited)
        }
        #expect(window.isEmpty)
    }
}
