internal import NATSWire
internal import Testing

@Suite struct SubscriptionTableTests {
    @Test func numbersAreNeverUsedAgain() {
        var table = SubscriptionTable()
        let first = table.add("a")
        #expect(table.unsubscribe(first) == .sendUnsubscribe(max: nil))
        #expect(table.add("a") != first)
        #expect(table.delivered(first) == .drop)
    }

    @Test func countsToTheEnd() {
        var table = SubscriptionTable()
        let sid = table.add("a")
        #expect(table.delivered(sid) == .deliver)
        #expect(table.unsubscribe(sid, max: 3) == .sendUnsubscribe(max: 3))
        #expect(table.delivered(sid) == .deliver)
        #expect(table.delivered(sid) == .deliverLast)
        #expect(table.delivered(sid) == .drop)
        #expect(table.count == 0)
        #expect(table.unsubscribe(sid) == .ignore)
    }

    @Test func aCountThatIsReachedEndsAtOnce() {
        var table = SubscriptionTable()
        let sid = table.add("a")
        _ = table.delivered(sid)
        _ = table.delivered(sid)
        #expect(table.unsubscribe(sid, max: 2) == .sendUnsubscribe(max: nil))
        #expect(table[sid] == nil)
    }

    @Test func resubscribingKeepsGroupAndRemainingCount() {
        var table = SubscriptionTable()
        let plain = table.add("a.*")
        let counted = table.add("b", queueGroup: "q")
        let ended = table.add("c")
        _ = table.unsubscribe(counted, max: 5)
        _ = table.delivered(counted)
        _ = table.delivered(counted)
        _ = table.unsubscribe(ended)
        #expect(
            table.resubscriptions == [
                .init(sid: plain, pattern: "a.*", queueGroup: nil, remaining: nil),
                .init(sid: counted, pattern: "b", queueGroup: "q", remaining: 3),
            ])
    }

    @Test func aRefusalFindsItsSubscription() {
        var table = SubscriptionTable()
        let one = table.add("a")
        let two = table.add("a")
        let grouped = table.add("a", queueGroup: "q")
        #expect(table.refused(subject: "a", queueGroup: nil, sid: nil) == [one, two])
        #expect(table.refused(subject: "a", queueGroup: "q", sid: nil) == [grouped])
        #expect(table.refused(subject: "a", queueGroup: nil, sid: two) == [two])
        #expect(table.refused(subject: "a", queueGroup: nil, sid: 99) == [])
    }
}
