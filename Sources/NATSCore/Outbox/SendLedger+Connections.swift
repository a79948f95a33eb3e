internal import BridgeBytes

/// Connections come and go.
extension SendLedger {
    /// A connection is fed from now on. Append PINGs for `unaskedFlushes`, and one for receipts if
    /// `needsPing`.
    package mutating func connectionFed() {
        isFed = true
        // What is sent anew has no PING behind it yet, and no subscription is confirmed.
        lastMark = settled
        refusals.notedBehindPing = refusals.noted.count
        confirmedSID = 0
    }

    /// What is appended from now on goes over the next connection. PONGs are still expected.
    package mutating func connectionReleased() { isFed = false }

    /// The connection is gone; the last `kept` messages will be sent over the next one. Flushes
    /// that cover messages of which nobody knows have failed; the others are asked for anew.
    package mutating func connectionLost(kept: Int) -> [Notice] {
        isFed = false
        let next = kept == 0 ? appended + 1 : lastNumbers(kept).first ?? appended + 1
        var notices = settleRefusals(upTo: next - 1)
        notices += settle(upTo: next - 1, .unknown)
        expected = Fifo()
        unasked = []
        var toldUpTo: UInt64 = 0
        for flush in flushes.values.sorted(by: { $0.id < $1.id }) {
            let shortfall = shortfall(of: flush)
            if shortfall.isEmpty {
                unasked.append(flush.id)
            } else {
                flushes[flush.id] = nil
                notices.append(.flushFailed(flush.id, shortfall))
                toldUpTo = max(toldUpTo, flush.mark)
            }
        }
        if toldUpTo > 0 { tell(upTo: toldUpTo) }
        return notices
    }

    /// The client is closed: messages from `number` on never left. Nobody is told of flushes.
    package mutating func closed(unsentFrom number: UInt64) -> [Notice] {
        isFed = false
        flushes = [:]
        unasked = []
        return settle(upTo: number - 1, .unknown) + settle(upTo: appended, .lost)
    }
}
