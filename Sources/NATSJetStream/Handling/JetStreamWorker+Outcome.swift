internal import BridgeBytes
internal import NATSCore
internal import Synchronization

/// What becomes of one message.
extension JetStreamWorker {
    /// Has the handler work on it, and tells the server what came of that.
    func work(on message: JetStreamMessage) async {
        guard !Task.isCancelled else {
            await tell(message) { () throws(JetStreamError) in try message.nak() }
            return
        }
        do {
            let sequel = try await handler(message)
            // The handler may have said it itself.
            guard !message.isSettled else { return counts.withLock { $0.done += 1 } }
            let isTold = await tell(message) { () async throws(JetStreamError) in
                guard options.confirmsAcknowledgements else { return try message.ack() }
                try await message.ackConfirmed()
            }
            guard isTold else { return }
            counts.withLock { $0.done += 1 }
            if options.confirmsAcknowledgements { await sequel?() }
        } catch {
            await failed(message, error)
        }
    }

    /// Counts it, and tells whoever wants to know.
    func told(_ event: WorkEvent) {
        counts.withLock { $0.count(event) }
        options.onEvent?(event)
    }

    private func failed(_ message: JetStreamMessage, _ error: any Error) async {
        // The handler has said what becomes of it, and then failed at something else.
        guard !message.isSettled else { return }
        let verdict = error as? WorkVerdict ?? options.verdict?(error) ?? .retry()
        switch verdict {
        case .reject(let reason):
            await reject(message, code: Self.code(of: error) ?? "rejected", reason: reason)
        case .retry where Task.isCancelled:
            // It did not fail, it was not allowed to end.
            await tell(message) { () throws(JetStreamError) in try message.nak() }
        case .retry where isLast(message):
            let deliveries = message.metadata.deliveryCount
            await reject(
                message, code: Self.code(of: error) ?? "max_deliveries",
                reason: "it has failed \(deliveries) times of \(deliveries)")
        case .retry(let delay):
            let delay = max(
                .zero, delay ?? delays.delay(after: message.metadata.deliveryCount))
            let isTold = await tell(message) { () throws(JetStreamError) in
                try message.nak(delay: delay == .zero ? nil : delay)
            }
            if isTold { told(.retried(message.metadata, after: delay, because: error)) }
        }
    }

    private func isLast(_ message: JetStreamMessage) -> Bool {
        maxDeliveries.map { message.metadata.deliveryCount >= $0 } ?? false
    }

    /// The name of an error: its words may hold what the message holds. Nil for a verdict, which
    /// is none.
    private static func code(of error: any Error) -> String? {
        if error is WorkVerdict { return nil }
        return (error as? any CodedError)?.code.rawValue ?? String(describing: type(of: error))
    }

    private func reject(_ message: JetStreamMessage, code: String, reason: String) async {
        let letter = DeadLetter(message, code: code, reason: reason)
        guard await store(letter) else {
            // Better a message that comes again than one that is gone without a record.
            let delay = delays.delay(after: message.metadata.deliveryCount)
            await tell(message) { () throws(JetStreamError) in try message.nak(delay: delay) }
            return
        }
        let isTold = await tell(message) { () throws(JetStreamError) in
            try message.terminate(reason: reason)
        }
        if isTold { told(.rejected(letter)) }
    }

    /// Stores the record, if that is wanted.
    /// - Returns: Whether there is nothing left to store.
    func store(_ letter: DeadLetter) async -> Bool {
        guard let subject = options.deadLetterSubject else { return true }
        // A worker that is cancelled stores what it gives up all the same.
        let failure = await Task { () async -> JetStreamError? in
            do throws(JetStreamError) {
                try await consumer.jetStream.publish(
                    json: letter, to: subject,
                    options: PublishOptions(messageID: letter.messageID))
                return nil
            } catch {
                return error
            }
        }.value
        if let failure { told(.deadLetterFailed(letter, failure)) }
        return failure == nil
    }

    /// Says something final, unless the handler has.
    /// - Returns: Whether it was said here.
    @discardableResult
    private func tell(
        _ message: JetStreamMessage, _ body: () async throws(JetStreamError) -> Void
    ) async -> Bool {
        guard !message.isSettled else { return false }
        do throws(JetStreamError) {
            try await body()
            return true
        } catch {
            told(.acknowledgementFailed(message.metadata, error))
            return false
        }
    }
}
