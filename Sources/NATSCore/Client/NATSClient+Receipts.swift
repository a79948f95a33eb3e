public import BridgeBytes
internal import BridgeSockets
public import NATSWire

/// What a publish returns so that its fate can be learnt: a number, cheap to keep.
///
/// Receipts are settled in the order of publishing. Waiting for the last of many settles them all
/// with one round trip.
public struct PublishReceipt: Sendable {
    /// Counts the messages of this client from 1.
    public let number: UInt64
    private let core: ClientCore

    init(number: UInt64, core: ClientCore) {
        self.number = number
        self.core = core
    }

    /// What is known now, without waiting; nil while nobody knows.
    public var current: PublishOutcome? { core.outbox.outcome(of: number) }

    /// Waits until it is known what became of the message. Asks the server (PING) unless another
    /// question is on its way; while there is no connection it waits for the next one.
    ///
    /// Cancelling the task ends the wait, and changes nothing for the message.
    /// - Throws: `NATSError` with `cancelled` alone, and with the outcome that is known by then.
    ///   Closing the client ends the wait with an outcome.
    public func outcome(
        isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) -> PublishOutcome {
        let outbox = core.outbox
        let waiter = outbox.receipts.newID()
        let ending = await outbox.receipts.wait(for: waiter) { _ in
            outbox.awaitReceipt(by: waiter, of: number)
        }
        if case .value(let outcome) = ending { return outcome }
        outbox.abandonReceipt(waiter)
        throw NATSError(.cancelled, stage: .publish, outcome: current ?? .unknown)
    }
}

extension NATSClient {
    /// Publishes a message and waits until the server has taken it.
    ///
    /// Where the connection is lost before the message has wholly left, it is sent over the next
    /// one, and the wait goes on. Suspends before that while the outbox is over its high-water
    /// mark.
    ///
    /// Cancelling the task ends the wait. A message that is in the outbox by then is sent all the
    /// same, and the error's `outcome` is `unknown`.
    /// - Parameter timeout: Longest wait, for room in the outbox and for the server.
    /// - Throws: `NATSError`; its `outcome` says what is known of the message: `lost` (it was not
    ///   sent and will not be) with `tooLarge`, `closed`, or with `timeout` or `cancelled` while it
    ///   waited for room; `denied` with `permissionDenied` (the server refused the subject); or
    ///   `unknown` with `disconnected`, `timeout`, `cancelled` or `closed`.
    public func publishConfirmed(
        _ payload: Bytes, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers(), timeout: Duration = .seconds(10)
    ) async throws(NATSError) {
        try checkSize(payload, headers, subject, .publish)
        let deadline = ContinuousClock.Instant.after(timeout)
        while true {
            let outbox = core.outbox
            let waiter = outbox.receipts.newID()
            var number: UInt64 = 0
            var result = Outbox.AppendResult.closed
            let ending = await outbox.receipts.wait(for: waiter, until: deadline) { _ in
                result = outbox.append(
                    payload, subject, replyTo: replyTo, headers: headers,
                    care: .confirmation(waiter: waiter), limit: outbox.highWaterMark,
                    number: &number)
                // Nothing was appended, so that nothing is to be waited for.
                if result != .appended { outbox.receipts.resume(waiter, .lost) }
            }
            guard result == .full else {
                return try check(ending, result, waiter, number, subject)
            }
            try await waitForRoom(until: deadline, subject)
        }
    }

    private func waitForRoom(
        until deadline: ContinuousClock.Instant, _ subject: Subject
    ) async throws(NATSError) {
        await core.outbox.waitForRoom(until: deadline)
        try refuseIfOver(deadline, subject)
    }

    /// Throws when there is no use in waiting for room any longer.
    /// - Parameter deadline: When the time is over; nil: never.
    func refuseIfOver(
        _ deadline: ContinuousClock.Instant?, _ subject: Subject
    ) throws(NATSError) {
        guard Task.isCancelled || deadline.map({ $0 <= .now }) == true else { return }
        throw NATSError(
            Task.isCancelled ? .cancelled : .timeout, stage: .publish, subject: subject.text,
            detail: "there was no room in the outbox", outcome: .lost)
    }

    /// Makes of the end of a wait for the server what the caller is told.
    private func check(
        _ ending: WaitList<PublishOutcome, Void>.Outcome, _ result: Outbox.AppendResult,
        _ waiter: UInt64, _ number: UInt64, _ subject: Subject
    ) throws(NATSError) {
        guard result == .appended else {
            // The task was cancelled before anything was appended, or the client is closed.
            if case .cancelled = ending {
                throw NATSError(
                    .cancelled, stage: .publish, subject: subject.text, outcome: .lost)
            }
            throw appendError(result, subject, .publish)
        }
        func failure(
            _ code: ErrorCode, _ detail: String, _ outcome: PublishOutcome
        ) -> NATSError {
            NATSError(
                code, stage: .publish, subject: subject.text, detail: detail, outcome: outcome)
        }
        switch ending {
        case .value(.sent): return
        case .value(.denied):
            throw failure(.permissionDenied, "the server forbids this subject", .denied)
        case .value(.unknown):
            let code: ErrorCode = core.phase == .closed ? .closed : .disconnected
            throw failure(code, "the connection was lost before the server confirmed", .unknown)
        case .value(.lost):
            if core.phase == .closed {
                throw failure(.closed, core.closeReason?.detail ?? "", .lost)
            }
            throw failure(
                .tooLarge, "the server that is connected now takes \(maxPayload)", .lost)
        case .timeout, .cancelled:
            core.outbox.abandonReceipt(waiter)
            let known = core.outbox.outcome(of: number)
            // The answer may have come at the last moment.
            if known == .sent { return }
            if case .timeout = ending {
                throw failure(.timeout, "the server has not confirmed in time", known ?? .unknown)
            }
            throw failure(.cancelled, "", known ?? .unknown)
        }
    }

    /// Puts a message into the outbox, as `publish` does, and returns a receipt for it.
    ///
    /// Nothing is ever reported as sent that the server does not have. A message that had not
    /// wholly left when the connection was lost is sent over the next one, and stays pending until
    /// then.
    /// - Throws: `NATSError` with `tooLarge`, `outboxFull` or `closed`; nothing was sent then.
    public func publishWithReceipt(
        _ payload: Bytes, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers()
    ) throws(NATSError) -> PublishReceipt {
        try checkSize(payload, headers, subject, .publish)
        var number: UInt64 = 0
        let result = core.outbox.append(
            payload, subject, replyTo: replyTo, headers: headers, care: .receipt, number: &number)
        guard result == .appended else { throw appendError(result, subject, .publish) }
        return PublishReceipt(number: number, core: core)
    }
}
