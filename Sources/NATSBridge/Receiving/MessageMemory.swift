internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import Synchronization

/// What the links of one message hold of the bridge's memory, until it is released or forgotten.
///
/// A message asks once, for all that its links are stated to have, before it fetches the first of
/// them; a download that turns out to be larger adds the rest, up to the limit for one message. So
/// no message holds memory while it waits for more.
final class MessageMemory: Sendable {
    let reservation: MemoryReservation
    /// What the links need by now: stated sizes, and what came beyond them.
    private let needed: Mutex<Int>

    /// Waits for its turn.
    /// - Throws: `ClaimError`: `tooLarge` at once when the envelope states more than one
    ///   message may have, `memoryExhausted` when nothing became free in time, `cancelled`.
    init(
        _ envelope: Envelope, of budget: MemoryBudget, _ options: BridgeOptions
    ) async throws(ClaimError) {
        var sum = 0
        for payload in envelope.payloads { sum = Self.adding(Self.share(of: payload), to: sum) }
        let wait = min(max(options.memoryWait, .zero), ReceiveOrderMachine.Limits.longestPatience)
        reservation = try await budget.reserve(
            sum, until: .now + wait, limit: options.messageLimit,
            correlationID: envelope.correlationID)
        needed = Mutex(sum)
    }

    /// What a payload is stated to need beyond the message itself.
    static func share(of payload: EnvelopePayload) -> Int {
        guard payload.transport == .link else { return 0 }
        return max(0, payload.statedSize ?? 0)
    }

    private static func adding(_ bytes: Int, to sum: Int) -> Int {
        let result = sum.addingReportingOverflow(bytes)
        return result.overflow ? .max : result.partialValue
    }

    /// Accounts for bytes of a payload that its share does not cover; those that the download has
    /// added by itself count once.
    /// - Throws: `ClaimError`: `tooLarge` or `memoryExhausted`.
    func cover(
        _ bytes: Int, share: Int, url: String, correlationID: String
    ) throws(ClaimError) {
        let (total, isCovered) = needed.withLock { needed in
            let total = Self.adding(max(0, bytes - share), to: needed)
            let isCovered = reservation.grow(to: total)
            if isCovered { needed = total }
            return (total, isCovered)
        }
        guard !isCovered else { return }
        let isOver = total > reservation.limit
        throw ClaimError(
            isOver ? .tooLarge : .memoryExhausted, .memory, url: url,
            isOver
                ? "the message has \(total) bytes with it, of \(reservation.limit) at most"
                : "there is no memory left for its \(bytes) bytes",
            correlationID: correlationID)
    }
}
