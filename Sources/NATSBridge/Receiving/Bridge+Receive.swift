internal import BridgeBytes
public import NATSCore
public import NATSJetStream
public import NATSWire

extension Bridge {
    /// Turns a received message into typed values (the peers' `smartReceive`): reads the envelope
    /// in any known form, fetches links with retries, verifies what the sender vouched for.
    ///
    /// Cancelling the task ends downloads and waits; their payloads have the error `cancelled`.
    /// - Throws: `BridgeError` naming the stage, the subject or URL and the flow, when the envelope
    ///   cannot be read: `invalidHeaders`, `invalidJSON`, `notAnEnvelope`, `missingKey`,
    ///   `invalidValue` and the like, or `closed`. A payload that cannot be had carries its own
    ///   error; with strict reading the first of them is thrown.
    public func receive(
        _ message: NATSMessage, options: ReceiveOptions = ReceiveOptions()
    ) async throws(BridgeError) -> Received {
        try checkOpen(.receive)
        return try await Incoming(
            bridge: self, message: message, options: options, position: nil
        ).receive()
    }

    /// Subscribes and turns each message into values:
    /// `for try await message in bridge.messages(on: "lab.>")`.
    ///
    /// The interest begins with this call. A message that cannot be used does not end the
    /// sequence, and neither does a place where messages are missing (`BridgeError.isLoss`): both
    /// are passed over, and told by the next message (`Received.skipped`) and at once to
    /// `ReceiveOptions.onFailure`; in `results` they are elements.
    ///
    /// Messages are prepared side by side while the sequence goes on reading, within the limits
    /// that `ReceiveOptions` names, and handed out in the order that it chooses: one whose link
    /// does not answer holds up the others for `ReceiveOptions.patience` at most. Ending the loop
    /// ends the subscription. A duplicate is dropped, unless the options say otherwise.
    ///
    /// The sequence throws `BridgeError` when the client is closed, or the server refuses the
    /// subscription. A task that is cancelled leaves its loop.
    public func messages(
        on pattern: SubjectPattern, queueGroup: QueueGroup? = nil,
        options: ReceiveOptions = ReceiveOptions()
    ) -> ReceivedMessages {
        ReceivedMessages(
            bridge: self, subscription: subscription(pattern, queueGroup, options.limits),
            options: options)
    }

    private func subscription(
        _ pattern: SubjectPattern, _ queueGroup: QueueGroup?, _ limits: SubscriptionLimits
    ) -> Result<NATSSubscription, BridgeError> {
        do throws(BridgeError) {
            try checkOpen(.receive)
            do throws(NATSError) {
                return .success(
                    try client.subscribe(to: pattern, queueGroup: queueGroup, limits: limits))
            } catch {
                throw BridgeError(error, stage: .receive)
            }
        } catch {
            return .failure(error)
        }
    }

    /// What a stream stored in the last `duration` by the *server's* clock, in order, with links
    /// fetched; ends with the message that was the newest when it began.
    ///
    /// A message that cannot be used does not end the replay, and neither do messages that left the
    /// stream before they were reached (`BridgeError.isLoss`): both are passed over and told to
    /// `ReceiveOptions.onFailure`, or are elements of `results`. What comes next is prepared while
    /// a message is worked on.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `BridgeError` in the stage `replay` with `streamNotFound`, `jetStreamDisabled`,
    ///   `invalidArgument`, `refused` for a work queue, `timeout`, `cancelled` or `closed`.
    public func replay(
        _ stream: String, since duration: Duration, filters: [SubjectPattern] = [],
        options: ReceiveOptions = ReceiveOptions()
    ) async throws(BridgeError) -> ReplayedMessages {
        try checkOpen(.replay)
        do throws(JetStreamError) {
            let replay = try await JetStream(client: client).replay(
                stream, since: duration, filters: filters)
            return ReplayedMessages(bridge: self, replay: replay, options: options)
        } catch {
            throw BridgeError(error, stage: .replay, subject: stream)
        }
    }

    /// Turns a message of a JetStream consumer into values. While links are fetched the server is
    /// told that work is in progress, so that the message is not delivered to somebody else.
    ///
    /// Cancelling the task ends downloads and waits, as for any message.
    /// - Throws: `BridgeError`, as `receive(_:options:)` for other messages; whether to acknowledge
    ///   the message is the caller's to decide.
    public func receive(
        _ message: JetStreamMessage, options: ReceiveOptions = ReceiveOptions()
    ) async throws(BridgeError) -> Received {
        try checkOpen(.receive)
        let incoming = Incoming(
            bridge: self, message: message.message, options: options,
            position: StreamPosition(message.metadata))
        return try await message.keepingInProgress(every: options.progressInterval) {
            () async throws(BridgeError) -> Received in
            try await incoming.receive()
        }
    }
}
