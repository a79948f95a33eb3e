internal import BridgeBytes
internal import NATSJetStream
internal import NATSWire
internal import Testing

@Suite struct OrderedCursorTests {
    private func delivery(
        _ stream: UInt64, _ consumer: UInt64, pending: UInt64
    ) throws -> MessageMetadata {
        let text = "$JS.ACK.S.c.1.\(stream).\(consumer).1764000000123456789.\(pending)"
        return try MessageMetadata(parsing: Subject(received: Bytes(utf8: text)))
    }

    @Test func `it has caught up at once where nothing is there`() {
        var cursor = OrderedCursor(start: .all)
        cursor.opened(pending: 0, delivered: 0)
        #expect(cursor.hasCaughtUp)
    }

    @Test func `a pending count of zero before the end is not the end`() throws {
        var cursor = OrderedCursor(start: .all)
        cursor.opened(pending: 3, delivered: 0)
        #expect(try cursor.received(delivery(1, 1, pending: 0)) == .deliver)
        #expect(!cursor.hasCaughtUp)
        #expect(try cursor.received(delivery(2, 2, pending: 1)) == .deliver)
        #expect(try cursor.received(delivery(3, 3, pending: 0)) == .deliver)
        #expect(cursor.hasCaughtUp)
    }

    @Test func `a heartbeat with our number says that fewer came, and nothing is lost`() throws {
        var cursor = OrderedCursor(start: .all)
        cursor.opened(pending: 9, delivered: 0)
        #expect(try cursor.received(delivery(1, 1, pending: 8)) == .deliver)
        #expect(!cursor.heard(delivered: 1) && cursor.hasCaughtUp)
    }

    @Test func `a heartbeat with another number, and a gap, ask for a new consumer`() throws {
        var cursor = OrderedCursor(start: .byStartSequence(4))
        cursor.opened(pending: 9, delivered: 3)
        #expect(cursor.deliverPolicy == .byStartSequence(4))
        #expect(try cursor.received(delivery(4, 1, pending: 8)) == .deliver)
        #expect(cursor.heard(delivered: 2) && !cursor.hasCaughtUp)
        #expect(try cursor.received(delivery(6, 3, pending: 6)) == .restart)
        #expect(cursor.deliverPolicy == .byStartSequence(5))
        cursor.opened(pending: 8, delivered: 4)
        #expect(try cursor.received(delivery(4, 1, pending: 8)) == .drop)
    }

    @Test func `what is new counts from the first consumer`() {
        var cursor = OrderedCursor(start: .new)
        #expect(cursor.deliverPolicy == .new)
        cursor.opened(pending: 0, delivered: 7)
        #expect(cursor.deliverPolicy == .byStartSequence(8))
        cursor.opened(pending: 2, delivered: 7)
        #expect(cursor.deliverPolicy == .byStartSequence(8))
    }

    @Test func `the waits grow to a bound, and what cannot be mended is an end`() {
        var cursor = OrderedCursor(start: .all)
        let waits = (0..<12).map { _ in cursor.lost(.timeout, wait: .milliseconds(250)) }
        #expect(waits[0] == .milliseconds(250) && waits[1] == .milliseconds(500))
        #expect(waits[11] == OrderedCursor.longestWait)
        for code in [ErrorCode.streamNotFound, .cancelled, .closed, .permissionDenied] {
            #expect(cursor.lost(code, wait: .milliseconds(250)) == nil)
        }
    }
}
