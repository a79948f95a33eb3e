import BridgeBytes
import NATSCore
import NATSWire

/// What a user does.
extension ClientPair {
    enum Way: CaseIterable { case plain, receipt, confirmed }

    /// Publishes a message of so many bytes; for a confirmed one returns its waiter.
    @discardableResult
    func publish(_ subject: Subject, size: Int, _ way: Way) -> UInt64? {
        let number = messages.count + 1
        var payload = "\(number):"
        if payload.count < size { payload += String(repeating: "x", count: size - payload.count) }
        messages.append((subject.text, payload, way))
        let bytes = Bytes(utf8: payload)
        switch way {
        case .plain: queue.append(publish: bytes, subject, replyTo: nil, headers: Headers())
        case .receipt:
            queue.append(noted: bytes, subject, replyTo: nil, headers: Headers())
        case .confirmed:
            queue.append(confirmed: bytes, subject, replyTo: nil, headers: Headers())
            return awaitReceipt(number)
        }
        drainFed()
        return nil
    }

    @discardableResult
    func awaitReceipt(_ number: Int) -> UInt64 {
        nextID += 1
        let waiter = nextID
        receipts[waiter] = []
        if let known = queue.awaitReceipt(by: waiter, of: UInt64(number)) {
            receipts[waiter] = [known]
        }
        drainFed()
        return waiter
    }

    func flush() {
        nextID += 1
        flushes[nextID] = []
        flushMarks[nextID] = (messages.count, toldUpTo)
        switch queue.flush(nextID, isBarrier: false) {
        case .ask, .wait: break
        case .fail(let shortfall): note([.flushFailed(nextID, shortfall)])
        }
        drainFed()
    }

    func subscribe(_ pattern: SubjectPattern) {
        let sid = table.add(pattern)
        lastSID = sid
        _ = queue.append(subscribe: sid) { FrameWriter.subscribe(sid: sid, pattern, into: &$0) }
        drainFed()
    }

    func checkFlush(_ id: UInt64) {
        guard let (mark, told) = flushMarks[id] else { return }
        for number in told..<max(told, mark) {
            let payload = messages[number].payload
            if taken[payload] == nil, refused[payload] == nil {
                fault("flush \(id) covers message \(number + 1), which nobody has")
            }
        }
    }
}
