internal import BridgeBytes
internal import NATSWire

/// What is known of every message that was published, and what the server was asked about them.
///
/// ## Theory of operation
/// The outbox numbers messages from 1 as they are appended, and they leave in that order. So
/// outcomes are settled from the front, and what is known is a list of runs: "up to 100 sent, up
/// to 120 unknown, up to 500 sent". A receipt is a number and costs nothing to issue; a million
/// of them on a healthy connection are one run.
///
///     1 … 100      101 … 120     121 … 500      501 …
///     | sent       | unknown     | sent         | pending
///
/// A PING that is appended behind message n is an `ExpectedPong` with its purpose and the mark n.
/// PONGs come in the order of the PINGs, so the next one always belongs to the first expectation:
/// nothing has to be kept in step with anything else.
///
/// - A PONG settles everything up to its mark as sent, and so does the answer to a request.
/// - A lost connection tells how many of the last messages will be sent again; those before them
///   that no PONG covers are unknown. The others stay pending, for the next connection.
/// - Closing settles the rest: unknown where the system had it, lost where it had not.
/// - Single messages may end otherwise (`exceptions`): lost, when no server takes their size;
///   denied, see `SendLedger+Refusals`.
///
/// A flush covers everything that was published before it, over whatever connection it went, but
/// for what an earlier flush has told of already. It asks with a PING of its own as soon as a
/// connection is fed, and asks anew over the next one when the connection is lost with nothing
/// unknown. A barrier is the same, and answers for no message: it only waits for the server.
///
/// What must hold, and is simulated (`ClientPair`): a message is settled once; none is sent that
/// no PONG covered; every flush and every waiter gets exactly one notice or is given up; a flush
/// is done only when all that it covers is sent or denied.
///
/// Only the last `runLimit` runs and `exceptionLimit` exceptions are kept; what was before them
/// counts as unknown.
package struct SendLedger: Sendable {
    /// What a PONG will mean besides that everything before its PING has arrived.
    package enum Purpose: Equatable, Sendable {
        case keepAlive
        /// Somebody waits to hear of messages.
        case receipts
        case flush(UInt64)
        /// A connection that is left has said its last words.
        case parting
    }

    package struct ExpectedPong: Equatable, Sendable {
        package let purpose: Purpose
        /// The last message before the PING.
        package let mark: UInt64
        /// The last subscription before it.
        package let sid: Int
    }

    /// Whom to tell what.
    package enum Notice: Equatable, Sendable {
        case flushed(UInt64)
        case flushFailed(UInt64, Shortfall)
        case settled(waiter: UInt64, PublishOutcome)
        /// The last words of a connection that is left have been heard.
        case parted
        /// The server has taken or refused all subscriptions up to this one.
        case subscribed(upTo: Int)
    }

    /// Messages that a flush covers and cannot vouch for.
    package struct Shortfall: Equatable, Sendable {
        /// They may have arrived.
        package var unknown = 0
        /// They were not sent.
        package var lost = 0

        package init(unknown: Int = 0, lost: Int = 0) {
            self.unknown = unknown
            self.lost = lost
        }

        var isEmpty: Bool { unknown == 0 && lost == 0 }
    }

    private struct Run: Equatable, Sendable {
        /// The last message of the run.
        var end: UInt64
        let outcome: PublishOutcome
        /// Unknown messages in all runs before this one.
        let unknownBefore: UInt64
    }

    struct Flush {
        let id: UInt64
        /// The last message that it covers.
        let mark: UInt64
        /// What had been told of when it was asked for; nil: a barrier.
        let told: Told?
    }

    /// How much earlier flushes have told of.
    struct Told {
        var unknown: UInt64 = 0
        /// How often a flush has told of something.
        var tellings = 0
    }

    /// A message that was taken out of the queue.
    private struct Removal {
        let number: UInt64
        /// Which telling it was part of; nil: no flush has told of it.
        var telling: Int?
    }

    /// What asking for a flush comes to.
    package enum FlushAction: Equatable, Sendable {
        /// Append a PING for it.
        case ask
        /// It will be asked for later: see `unaskedFlushes`.
        case wait
        /// What it covers is not all sent, and that is known by now.
        case fail(Shortfall)
    }

    /// Most runs that are remembered: two for each lost connection.
    package static let runLimit = 1024
    /// Most messages that are remembered one by one.
    package static let exceptionLimit = 65_536
    /// Most PINGs that may wait for their PONGs; a flush beyond waits for one of them.
    package static let pongLimit = 65_536

    private var runs: [Run] = []
    var expected = Fifo<ExpectedPong>()
    var flushes: [UInt64: Flush] = [:]
    /// Flushes whose question is yet to be asked, the oldest first.
    var unasked: [UInt64] = []
    private var waiters = ReceiptWaiters()
    private var told = Told()
    /// Messages that were taken out of the queue, in their order.
    private var removals: [Removal] = []
    var confirmedSID = 0
    private var exceptions: [UInt64: PublishOutcome] = [:]
    /// No exception is remembered up to this message.
    private var forgotten: UInt64 = 0
    var isFed = false
    var refusals = RefusalWindow()

    package init() {}

    /// Messages appended so far; the number of the last one.
    package private(set) var appended: UInt64 = 0
    /// Every message up to this one is settled.
    package private(set) var settled: UInt64 = 0
    /// The last message before the last PING.
    var lastMark: UInt64 = 0

    // MARK: Messages

    /// A message was appended. Returns its number.
    package mutating func messageAppended() -> UInt64 {
        appended += 1
        return appended
    }

    /// Messages that wait were taken out of the queue: no server takes them.
    package mutating func messagesRemoved(_ numbers: [UInt64]) -> [Notice] {
        removals += numbers.map { Removal(number: $0) }
        removals.sort { $0.number < $1.number }
        return numbers.flatMap { except($0, .lost) }
    }

    /// The numbers of the last messages that were appended and not taken out, oldest first.
    package func lastNumbers(_ count: Int) -> [UInt64] {
        var numbers: [UInt64] = []
        numbers.reserveCapacity(count)
        var number = appended
        var holes = removals[...]
        while numbers.count < count, number > 0 {
            if holes.last?.number == number {
                holes.removeLast()
            } else {
                numbers.append(number)
            }
            number -= 1
        }
        return numbers.reversed()
    }

    /// What became of a message; nil while nobody knows. Complexity: O(log n) in the number of
    /// runs.
    package func outcome(of number: UInt64) -> PublishOutcome? {
        if let outcome = exceptions[number] { return outcome }
        guard number <= settled else { return nil }
        guard number > forgotten, let index = runIndex(of: number) else { return .unknown }
        return runs[index].outcome
    }

    private func runIndex(of number: UInt64) -> Int? {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].end < number { low = middle + 1 } else { high = middle }
        }
        return low < runs.count ? low : nil
    }

    /// Somebody waits to hear of a message. Returns what is known by now; when that is nil a
    /// notice will come, and the caller sees to it that a PING is appended behind the message.
    package mutating func receiptAwaited(by waiter: UInt64, _ number: UInt64) -> PublishOutcome? {
        if let outcome = outcome(of: number) { return outcome }
        waiters.add(waiter, for: number)
        return nil
    }

    /// Nobody waits any more.
    package mutating func receiptAbandoned(by waiter: UInt64) { waiters.remove(waiter) }

    /// Whether somebody waits for a message that no PING stands behind.
    package var needsPing: Bool {
        isFed && expected.count < Self.pongLimit && waiters.last.map { $0 > lastMark } ?? false
    }

    /// Whether a message follows the last PING, so that a refusal might mean either that message
    /// or the next one.
    package var hasMessageBehindPing: Bool { appended > lastMark }

    // MARK: Questions

    /// A PING was appended behind everything so far. Returns false when too many wait for their
    /// PONGs: then it must not be sent.
    package mutating func pingAppended(_ purpose: Purpose, sid: Int) -> Bool {
        guard expected.count < Self.pongLimit || purpose == .parting else { return false }
        expected.append(ExpectedPong(purpose: purpose, mark: appended, sid: sid))
        lastMark = appended
        refusals.notedBehindPing = 0
        return true
    }

    /// Somebody wants to know when everything so far has arrived.
    /// - Parameter isBarrier: Whether it answers for no message.
    package mutating func flushRequested(_ id: UInt64, isBarrier: Bool = false) -> FlushAction {
        let flush = Flush(id: id, mark: appended, told: isBarrier ? nil : told)
        let shortfall = shortfall(of: flush)
        guard shortfall.isEmpty else {
            tell(upTo: flush.mark)
            return .fail(shortfall)
        }
        flushes[id] = flush
        guard isFed, expected.count < Self.pongLimit else {
            unasked.append(id)
            return .wait
        }
        return .ask
    }

    /// Nobody waits for that flush any more; its PONG will still come. Complexity: O(n) in the
    /// number of flushes that are yet to be asked for.
    package mutating func flushAbandoned(_ id: UInt64) {
        flushes[id] = nil
        unasked.removeAll { $0 == id }
    }

    /// Takes out the flushes that can be asked for now: append a PING for each.
    package mutating func unaskedFlushes() -> [UInt64] {
        guard isFed, !unasked.isEmpty else { return [] }
        let count = min(unasked.count, Self.pongLimit - expected.count)
        defer { unasked.removeFirst(count) }
        return Array(unasked[..<count])
    }

    /// A PONG has come that answers a PING of the outbox.
    package mutating func pongReceived() -> [Notice] {
        guard let pong = expected.popFirst() else { return [] }
        var notices = settleRefusals(upTo: pong.mark)
        notices += settle(upTo: pong.mark, .sent)
        if pong.sid > confirmedSID {
            confirmedSID = pong.sid
            notices.append(.subscribed(upTo: pong.sid))
        }
        switch pong.purpose {
        case .keepAlive, .receipts: break
        case .parting: notices.append(.parted)
        case .flush(let id):
            if let flush = flushes.removeValue(forKey: id) { notices.append(end(flush)) }
        }
        return notices
    }

    /// An answer has come to a message: the server has it, as a PONG behind it would say.
    package mutating func answerReceived(to number: UInt64) -> [Notice] {
        guard number > settled, number <= appended else { return [] }
        return settleRefusals(upTo: number) + settle(upTo: number, .sent)
    }

    /// What a flush comes to, now that its PONG is here.
    private mutating func end(_ flush: Flush) -> Notice {
        let shortfall = shortfall(of: flush)
        guard !shortfall.isEmpty else { return .flushed(flush.id) }
        tell(upTo: flush.mark)
        return .flushFailed(flush.id, shortfall)
    }

    func shortfall(of flush: Flush) -> Shortfall {
        guard let told = flush.told else { return Shortfall() }
        let unknown = unknowns(upTo: flush.mark)
        return Shortfall(
            unknown: unknown > told.unknown ? Int(clamping: unknown - told.unknown) : 0,
            lost: removals.count {
                $0.number <= flush.mark && $0.telling.map { $0 > told.tellings } ?? true
            })
    }

    mutating func tell(upTo mark: UInt64) {
        told.unknown = max(told.unknown, unknowns(upTo: mark))
        told.tellings += 1
        for index in removals.indices
        where removals[index].number <= mark && removals[index].telling == nil {
            removals[index].telling = told.tellings
        }
    }

    /// Messages up to this one that are settled as unknown.
    private func unknowns(upTo number: UInt64) -> UInt64 {
        guard let index = runIndex(of: number) else {
            guard let last = runs.last else { return 0 }
            return last.unknownBefore + length(of: runs.count - 1, upTo: last.end)
        }
        return runs[index].unknownBefore + length(of: index, upTo: number)
    }

    /// Unknown messages of a run, up to a number within it.
    private func length(of index: Int, upTo number: UInt64) -> UInt64 {
        guard runs[index].outcome == .unknown else { return 0 }
        let start = index > 0 ? runs[index - 1].end : 0
        return number > start ? number - start : 0
    }

    /// Number of messages up to a mark that are not settled and were not taken out.
    func unsettled(upTo mark: UInt64) -> Int {
        guard mark > settled else { return 0 }
        return Int(clamping: mark - settled)
            - removals.count { $0.number > settled && $0.number <= mark }
    }

    mutating func settle(upTo end: UInt64, _ outcome: PublishOutcome) -> [Notice] {
        guard end > settled else { return [] }
        let unknownBefore = unknowns(upTo: settled)
        settled = end
        if let last = runs.indices.last, runs[last].outcome == outcome {
            runs[last].end = end
        } else {
            runs.append(Run(end: end, outcome: outcome, unknownBefore: unknownBefore))
            if runs.count > Self.runLimit { forgetOldest() }
        }
        return waiters.take(upTo: end).map {
            .settled(waiter: $0.waiter, self.outcome(of: $0.number) ?? .unknown)
        }
    }

    /// Whether it is known of a message by itself what became of it.
    func isExcepted(_ number: UInt64) -> Bool { exceptions[number] != nil }

    /// Notes what became of one message, whatever happens to those beside it.
    mutating func except(_ number: UInt64, _ outcome: PublishOutcome) -> [Notice] {
        exceptions[number] = outcome
        if exceptions.count > Self.exceptionLimit { forgetExceptions() }
        return waiters.take(exactly: number).map { .settled(waiter: $0, outcome) }
    }

    /// Halves what is remembered of single messages.
    private mutating func forgetExceptions() {
        let numbers = exceptions.keys.sorted()
        forgotten = numbers[numbers.count / 2]
        exceptions = exceptions.filter { $0.key > forgotten }
        // Those that may still be counted in the queue stay.
        let past = min(forgotten, settled)
        removals.removeAll { $0.number <= past }
    }

    /// Halves the list, so that forgetting is amortised O(1). The first run that stays becomes
    /// unknown: its beginning is not known, and what was before it must not look like a part.
    private mutating func forgetOldest() {
        runs.removeFirst(Self.runLimit / 2)
        forgotten = max(forgotten, runs[0].end)
    }
}
