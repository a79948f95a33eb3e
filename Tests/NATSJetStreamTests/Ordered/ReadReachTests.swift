internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire
internal import Testing

/// How far a read must come that a replica answers.
@Suite struct ReadReachTests {
    private func opened(_ isReplicated: Bool = true) -> ReadReach {
        var reach = ReadReach()
        reach.opened(isReplicated: isReplicated, isFirst: true)
        return reach
    }

    @Test func `where one server has all, nothing is asked`() {
        let reach = opened(false)
        #expect(reach.isReached(0))
    }

    @Test func `the newest is asked for once, and then waited for`() {
        var reach = opened()
        #expect(!reach.isReached(100))
        #expect(reach.question() == .newest)
        reach.found(newest: 7)
        #expect(!reach.isReached(6) && reach.isReached(7) && reach.isReached(8))
        #expect(reach.question() == nil)
    }

    @Test func `a heartbeat asks whether it is still there, a second wants another consumer`() {
        var reach = opened()
        reach.found(newest: 7)
        #expect(reach.heard() == false)
        #expect(reach.question() == .isStored(7))
        #expect(reach.question() == nil)
        #expect(reach.heard() == true)
        reach.opened(isReplicated: true, isFirst: false)
        #expect(reach.question() == .isStored(7))
        #expect(reach.heard() == false)
        reach.received()
        #expect(reach.heard() == false, "a message came in between")
    }

    @Test func `what was removed is not waited for`() {
        var reach = opened()
        reach.found(newest: 7)
        reach.wasRemoved()
        #expect(!reach.isReached(7))
        #expect(reach.question() == .newest)
        reach.found(newest: 0)
        #expect(reach.isReached(0))
    }

    private func delivery(_ stream: Int, _ consumer: Int, pending: Int) throws -> MessageMetadata {
        let text = "$JS.ACK.S.c.1.\(stream).\(consumer).5.\(pending)"
        return try MessageMetadata(parsing: Subject(received: Bytes(utf8: text)))
    }

    /// By number the older messages of each subject would come.
    @Test func `the last message of each subject is asked for again, until all is told`() throws {
        var cursor = OrderedCursor(start: .lastPerSubject)
        cursor.opened(pending: 3, delivered: nil)
        #expect(cursor.received(try delivery(4, 1, pending: 2)) == .deliver)
        #expect(cursor.deliverPolicy == .lastPerSubject && cursor.isAsOfNow)
        cursor.opened(pending: 3, delivered: nil)
        #expect(cursor.received(try delivery(4, 1, pending: 2)) == .drop)
        #expect(cursor.received(try delivery(8, 2, pending: 1)) == .deliver)
        #expect(!cursor.hasCaughtUp)
        #expect(cursor.received(try delivery(9, 3, pending: 0)) == .deliver)
        #expect(cursor.hasCaughtUp)
        cursor.hasToldCaughtUp = true
        #expect(cursor.deliverPolicy == .byStartSequence(10) && !cursor.isAsOfNow)
    }

    @Test func `a replay whose consumer has nothing left goes on to what the leader has`() throws {
        var cursor = ReplayCursor(start: Timestamp(seconds: 0), last: 9)
        cursor.reach.opened(isReplicated: true, isFirst: true)
        cursor.opened(pending: 1)
        #expect(cursor.question() == .newest)
        cursor.reach.found(newest: 9)
        #expect(cursor.received(try delivery(4, 1, pending: 0)) == .deliver)
        #expect(!cursor.isFinished)
        #expect(cursor.idled(pending: 0, delivered: 1) == false)
        #expect(cursor.question() == .isStored(9))
        #expect(cursor.idled(pending: 0, delivered: 1) == true, "another may be put elsewhere")
        #expect(cursor.received(try delivery(9, 2, pending: 0)) == .deliver)
        #expect(cursor.isFinished && cursor.takeRemoved() == nil)
    }

    @Test func `a replay of nothing ends when the leader has nothing either`() {
        var cursor = ReplayCursor(start: Timestamp(seconds: 0), last: 9)
        cursor.reach.opened(isReplicated: true, isFirst: true)
        cursor.opened(pending: 0)
        #expect(!cursor.isFinished)
        #expect(cursor.question() == .newest)
        cursor.reach.found(newest: 0)
        cursor.reconsider()
        #expect(cursor.isFinished)
    }

    @Test func `a replay passes over what is older than its beginning`() throws {
        var cursor = ReplayCursor(start: Timestamp(seconds: 1), last: 9)
        cursor.opened(pending: 1)
        #expect(cursor.received(try delivery(4, 1, pending: 3)) == .drop)
        #expect(!cursor.isFinished)
    }
}
