internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire
internal import Testing

@Suite struct ReplayCursorTests {
    private let start = Timestamp(seconds: 0, nanoseconds: 5)

    private func delivery(_ stream: Int, _ consumer: Int, pending: Int) -> MessageMetadata {
        let text = "$JS.ACK.S.c.1.\(stream).\(consumer).5.\(pending)"
        // The text is a valid subject of JetStream: there is nothing to fail.
        guard let metadata = try? MessageMetadata(parsing: Subject(received: Bytes(utf8: text)))
        else { preconditionFailure("not a delivery: \(text)") }
        return metadata
    }

    @Test func endsWithTheNewestMessageOfTheBeginning() {
        var cursor = ReplayCursor(start: start, last: 8)
        #expect(cursor.deliverPolicy == .byStartTime(start))
        cursor.opened(pending: 3)
        #expect(cursor.received(delivery(6, 1, pending: 9)) == .deliver)
        #expect(cursor.received(delivery(7, 2, pending: 9)) == .deliver)
        #expect(!cursor.isFinished)
        #expect(cursor.received(delivery(8, 3, pending: 9)) == .deliver)
        #expect(cursor.isFinished)
    }

    @Test func newerMessagesAreNotDelivered() {
        var cursor = ReplayCursor(start: start, last: 8)
        cursor.opened(pending: 3)
        #expect(cursor.received(delivery(9, 1, pending: 9)) == .drop)
        #expect(cursor.isFinished)
    }

    @Test func endsWhenNothingIsPending() {
        var cursor = ReplayCursor(start: start, last: 100)
        cursor.opened(pending: 1)
        #expect(cursor.received(delivery(6, 1, pending: 0)) == .deliver)
        #expect(cursor.isFinished)
    }

    @Test func nothingToDeliverIsAnEndAtOnce() {
        var cursor = ReplayCursor(start: start, last: 100)
        cursor.opened(pending: 0)
        #expect(cursor.isFinished)
        #expect(ReplayCursor(start: start, last: 0).isFinished)
    }

    @Test func whatIsPurgedInTheMiddleIsCountedWhereItWas() {
        var cursor = ReplayCursor(start: start, last: 10)
        cursor.opened(pending: 10)
        #expect(cursor.received(delivery(1, 1, pending: 9)) == .deliver)
        #expect(cursor.takeRemoved() == nil)
        #expect(cursor.received(delivery(6, 2, pending: 4)) == .deliver)
        #expect(cursor.takeRemoved() == 4)
        #expect(cursor.takeRemoved() == nil)
        for sequence in 7...10 {
            #expect(
                cursor.received(delivery(sequence, sequence - 4, pending: 10 - sequence))
                    == .deliver)
        }
        #expect(cursor.isFinished)
        #expect(cursor.takeRemoved() == nil)
    }

    @Test func whatWasMissingBeforeIsNotCounted() {
        var cursor = ReplayCursor(start: start, last: 10)
        cursor.opened(pending: 3)
        #expect(cursor.received(delivery(1, 1, pending: 2)) == .deliver)
        #expect(cursor.received(delivery(5, 2, pending: 1)) == .deliver)
        #expect(cursor.received(delivery(10, 3, pending: 0)) == .deliver)
        #expect(cursor.isFinished)
        #expect(cursor.takeRemoved() == nil)
    }

    @Test func whatNewMessagesPushedOutIsCountedAtTheEnd() {
        var cursor = ReplayCursor(start: start, last: 10)
        cursor.opened(pending: 10)
        #expect(cursor.received(delivery(1, 1, pending: 9)) == .deliver)
        // Four have gone and four have come: as many are pending as were expected.
        #expect(cursor.received(delivery(6, 2, pending: 8)) == .deliver)
        #expect(cursor.takeRemoved() == nil)
        #expect(cursor.received(delivery(10, 3, pending: 4)) == .deliver)
        #expect(cursor.isFinished)
        #expect(cursor.takeRemoved() == 7)
    }

    @Test func whatCameBetweenTheQuestionAndTheConsumerIsNotExpected() {
        var cursor = ReplayCursor(start: start, last: 2)
        #expect(cursor.wantsNewer)
        cursor.opened(pending: 5, newer: 3)
        #expect(!cursor.wantsNewer)
        #expect(cursor.received(delivery(1, 1, pending: 4)) == .deliver)
        #expect(cursor.received(delivery(2, 2, pending: 3)) == .deliver)
        #expect(cursor.isFinished)
        #expect(cursor.takeRemoved() == nil)
    }

    @Test func anEmptiedStreamIsALoss() {
        var cursor = ReplayCursor(start: start, last: 10)
        cursor.opened(pending: 10)
        #expect(cursor.received(delivery(1, 1, pending: 9)) == .deliver)
        #expect(cursor.idled(pending: 0, delivered: 1) == false)
        #expect(cursor.isFinished)
        #expect(cursor.takeRemoved() == 9)
    }

    @Test func aNewConsumerWithLessToDeliverHasLostTheRest() {
        var cursor = ReplayCursor(start: start, last: 10)
        cursor.opened(pending: 10)
        #expect(cursor.received(delivery(1, 1, pending: 9)) == .deliver)
        cursor.opened(pending: 2)
        #expect(cursor.received(delivery(9, 1, pending: 1)) == .deliver)
        #expect(cursor.takeRemoved() == 7)
        #expect(cursor.received(delivery(10, 2, pending: 0)) == .deliver)
        #expect(cursor.isFinished)
        #expect(cursor.takeRemoved() == nil)
    }

    @Test func followingHasNoEnd() {
        var cursor = ReplayCursor(start: start, last: nil)
        cursor.opened(pending: 0)
        #expect(cursor.received(delivery(6, 1, pending: 0)) == .deliver)
        #expect(!cursor.isFinished)
    }

    @Test func aGapStartsAgainBehindTheLastMessage() {
        var cursor = ReplayCursor(start: start, last: 100)
        cursor.opened(pending: 50)
        #expect(cursor.received(delivery(6, 1, pending: 9)) == .deliver)
        #expect(cursor.received(delivery(9, 3, pending: 9)) == .restart)
        #expect(cursor.deliverPolicy == .byStartSequence(7))
        cursor.opened(pending: 9)
        #expect(cursor.received(delivery(6, 1, pending: 9)) == .drop)
        #expect(cursor.received(delivery(7, 2, pending: 9)) == .deliver)
    }

    @Test func aLostFirstDeliveryStartsAgainAtTheTime() {
        var cursor = ReplayCursor(start: start, last: 100)
        cursor.opened(pending: 50)
        #expect(cursor.received(delivery(6, 2, pending: 9)) == .restart)
        #expect(cursor.deliverPolicy == .byStartTime(start))
    }

    @Test func `nothing pending and nothing on its way is an end`() {
        var cursor = ReplayCursor(start: start, last: 100)
        cursor.opened(pending: 50)
        #expect(cursor.received(delivery(6, 1, pending: 9)) == .deliver)
        #expect(cursor.idled(pending: 9, delivered: 1) == false)
        #expect(!cursor.isFinished)
        // A delivery that has not come is lost; another consumer brings it.
        #expect(cursor.idled(pending: 0, delivered: 2) == true)
        #expect(!cursor.isFinished)
        var old = cursor
        #expect(old.idled(pending: 0, delivered: nil) == false)
        #expect(old.isFinished)
        #expect(cursor.idled(pending: 0, delivered: 1) == false)
        #expect(cursor.isFinished)
        var following = ReplayCursor(start: start, last: nil)
        following.opened(pending: 0)
        #expect(following.idled(pending: 0, delivered: 0) == false)
        #expect(!following.isFinished)
        following.drained()
        #expect(following.isFinished)
    }

    @Test func lostConsumersAreReplacedAFewTimes() {
        var cursor = ReplayCursor(start: start, last: 100)
        #expect(cursor.lost(.disconnected) == false)
        for _ in 0..<2 {
            cursor.opened(pending: 50)
            for _ in 0..<ReplayCursor.maxLosses {
                #expect(cursor.lost(.consumerDeleted) == true)
            }
            #expect(cursor.received(delivery(6, 1, pending: 9)) != .restart)
        }
        for _ in 0..<ReplayCursor.maxLosses { _ = cursor.lost(.unavailable) }
        #expect(cursor.lost(.unavailable) == false)
    }
}
