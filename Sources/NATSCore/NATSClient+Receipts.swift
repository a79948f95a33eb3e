public import BridgeBytes
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
    public var current: PublishOutcome? { core.receipts.outcome(of: number) }

    /// Waits until it is known what became of the message. Asks the server (PING) unless another
    /// question is on its way; while there is no connection it waits for the next one.
    ///
    /// - Throws: `NATSError` with the code `cancelled`. Closing the client ends the wait with an
    ///   outcome.
    public func outcome(
        isolation: isolated (any Actor)? = #isolation
    ) async throws(NATSError) -> PublishOutcome {
        let outcome = await core.receipts.wait(for: number) { core.requestFence() }
        guard let outcome else { throw NATSError(.cancelled, stage: .publish) }
        return outcome
    }
}

extension NATSClient {
    /// Publishes a message and waits until the server has taken it.
    ///
    /// - Parameter timeout: Longest wait, for room in the outbox and for the server.
    /// - Throws: `NATSError`; its `outcome` says what is known of the message: `lost` (it was not
    ///   sent and will not be), `denied` with the code `permissionDenied` (the server refused the
    ///   subject), or `unknown` with `disconnected`, `timeout`, `cancelled` or `closed`.
    public func publishConfirmed(
        _ payload: Bytes, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers(), timeout: Duration = .seconds(10)
    ) async throws(NATSError) {
        let receipt = try publishWithReceipt(
            payload, to: subject, replyTo: replyTo, headers: headers)
        do throws(NATSError) {
            try await flush(timeout: timeout)
        } catch {
            throw NATSError(
                error.code, stage: .publish, subject: subject.text, server: error.server,
                detail: error.detail, outcome: receipt.current ?? .unknown)
        }
        guard let outcome = receipt.current, outcome != .sent else { return }
        throw NATSError(
            .disconnected, stage: .publish, subject: subject.text,
            detail: "the connection was lost", outcome: outcome)
    }

    /// Puts a message into the outbox, as `publish` does, and returns a receipt for it.
    ///
    /// Nothing is ever reported as sent that the server does not have. A message that had not
    /// wholly left when the connection was lost is sent over the next one, and stays pending until
    /// then.
    /// - Throws: As `publish`.
    public func publishWithReceipt(
        _ payload: Bytes, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers()
    ) throws(NATSError) -> PublishReceipt {
        try checkSize(payload, headers, subject, .publish)
        var number: UInt64 = 0
        let result = core.outbox.append(number: &number) {
            $0.append(publish: payload, subject, replyTo: replyTo, headers: headers)
        }
        guard result == .appended else { throw appendError(result, subject, .publish) }
        return PublishReceipt(number: number, core: core)
    }
}
