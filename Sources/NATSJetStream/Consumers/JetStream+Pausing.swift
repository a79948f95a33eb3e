public import BridgeBytes
internal import BridgeJSON
internal import NATSWire

/// What became of a request to pause or resume a consumer.
public struct ConsumerPause: Sendable, Hashable {
    /// Whether the consumer is paused now.
    public var isPaused: Bool
    /// Until when, by the server's clock; nil: it is not paused.
    public var until: Timestamp?
    /// How long it is still paused; nil: it is not.
    public var remaining: Duration?
}

extension JetStream {
    /// Has a consumer deliver nothing until a moment of the server's clock (server 2.11). What was
    /// delivered can be acknowledged meanwhile; pull requests wait, and are told so by heartbeats.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Parameter time: A moment that has passed resumes the consumer.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, `serverTooOld`,
    ///   `invalidArgument` for what is no name, and what every call of the API may throw (see
    ///   `JetStream`).
    @discardableResult
    public func pauseConsumer(
        _ name: String, on stream: String, until time: Timestamp
    ) async throws(JetStreamError) -> ConsumerPause {
        try await pause(name, on: stream, until: time)
    }

    /// Ends the pause of a consumer (server 2.11); one that is not paused stays as it is.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: As `pauseConsumer(_:on:until:)`.
    @discardableResult
    public func resumeConsumer(
        _ name: String, on stream: String
    ) async throws(JetStreamError) -> ConsumerPause {
        try await pause(name, on: stream, until: nil)
    }

    private func pause(
        _ name: String, on stream: String, until time: Timestamp?
    ) async throws(JetStreamError) -> ConsumerPause {
        var body = JSONObject()
        if let time { body["pause_until"] = .string(time.nanosecondText) }
        let answer = try await call(
            api.consumerPause(stream, name), body,
            operation: time == nil ? "consumer resume" : "consumer pause", stream: stream, level: 1)
        let isPaused = try answer.flag("paused")
        return ConsumerPause(
            isPaused: isPaused, until: isPaused ? try answer.timestamp("pause_until") : nil,
            remaining: try answer.duration("pause_remaining"))
    }

    /// Ends the pinning of a client to a priority group (server 2.11): the next pull request of
    /// the group is pinned.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, `serverTooOld`,
    ///   `refused` when there is no such group, `invalidArgument` for what is no name, and what
    ///   every call of the API may throw (see `JetStream`).
    public func unpinConsumer(
        _ name: String, on stream: String, group: String
    ) async throws(JetStreamError) {
        var body = JSONObject()
        body["group"] = .string(group)
        _ = try await call(
            api.consumerUnpin(stream, name), body, operation: "consumer unpin", stream: stream,
            level: 1)
    }

    /// Has a consumer begin anew (server 2.14): what it has delivered and what was acknowledged is
    /// forgotten, and its name and configuration stay.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Parameter sequence: The number in the stream of the first message to be delivered; nil:
    ///   the one after the last that was acknowledged.
    /// - Returns: The consumer as it stands then.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, `serverTooOld`,
    ///   `refused` when its configuration forbids that number, `invalidArgument` for what is no
    ///   name, and what every call of the API may throw (see `JetStream`).
    @discardableResult
    public func resetConsumer(
        _ name: String, on stream: String, to sequence: UInt64? = nil
    ) async throws(JetStreamError) -> ConsumerInfo {
        var body: JSONObject?
        if let sequence { body = ["seq": .number(JSONNumber(sequence))] }
        return try ConsumerInfo(
            await call(
                api.consumerReset(stream, name), body, operation: "consumer reset",
                stream: stream, level: 4))
    }
}
