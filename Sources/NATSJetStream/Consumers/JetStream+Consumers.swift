internal import BridgeBytes
internal import BridgeJSON
internal import NATSWire

extension JetStream {
    /// Makes a pull consumer. When there is one with that name and the same configuration, it
    /// is returned; with another configuration that is an error.
    ///
    /// A consumer without a durable name gets a random one, and the server forgets it when it
    /// was not used for `inactiveThreshold`.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument` (the detail names the
    ///   setting), `refused` when there is another consumer of that name, and what every call of
    ///   the API may throw (see `JetStream`).
    public func createConsumer(
        _ configuration: ConsumerConfiguration, on stream: String
    ) async throws(JetStreamError) -> PullConsumer {
        try await putConsumer(configuration, on: stream, action: "create")
    }

    /// Changes a durable consumer. What has been delivered stays delivered. Start from the
    /// configuration of `consumerInfo`, so that settings that this client does not know are kept.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `streamNotFound`, `consumerNotFound`, `invalidArgument`,
    ///   `refused` for what cannot be changed, and what every call of the API may throw (see
    ///   `JetStream`).
    @discardableResult
    public func updateConsumer(
        _ configuration: ConsumerConfiguration, on stream: String
    ) async throws(JetStreamError) -> PullConsumer {
        guard configuration.durableName != nil else {
            throw JetStreamError(
                .invalidArgument, operation: "consumer update", stream: stream,
                detail: "only a durable consumer can be changed")
        }
        return try await putConsumer(configuration, on: stream, action: "update")
    }

    private func putConsumer(
        _ configuration: ConsumerConfiguration, on stream: String, action: String
    ) async throws(JetStreamError) -> PullConsumer {
        try configuration.check("consumer \(action)", on: stream)
        var generator = SystemGenerator()
        let name = configuration.durableName ?? UniqueID.token(using: &generator)
        let filters = configuration.filterSubjects
        let subject = try api.consumerCreate(
            stream, name, filter: filters.count == 1 ? filters[0] : nil)
        var body = JSONObject()
        body["stream_name"] = .string(stream)
        body["config"] = .object(configuration.json(named: name))
        body["action"] = .string(action)
        let info = try ConsumerInfo(
            await call(subject, body, operation: "consumer \(action)", stream: stream))
        return PullConsumer(jetStream: self, info: info)
    }

    /// A consumer that exists.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, `invalidArgument` for
    ///   what is no name, and what every call of the API may throw (see `JetStream`).
    public func consumer(
        _ name: String, on stream: String
    ) async throws(JetStreamError) -> PullConsumer {
        PullConsumer(jetStream: self, info: try await consumerInfo(name, on: stream))
    }

    /// What a consumer is and where it stands.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, `invalidArgument` for
    ///   what is no name, and what every call of the API may throw (see `JetStream`).
    public func consumerInfo(
        _ name: String, on stream: String
    ) async throws(JetStreamError) -> ConsumerInfo {
        try ConsumerInfo(
            await call(
                api.consumerInfo(stream, name), nil, operation: "consumer info", stream: stream))
    }

    /// Removes a consumer; its messages stay in the stream.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `consumerNotFound`, `streamNotFound`, `invalidArgument` for
    ///   what is no name, and what every call of the API may throw (see `JetStream`).
    public func deleteConsumer(_ name: String, on stream: String) async throws(JetStreamError) {
        _ = try await call(
            api.consumerDelete(stream, name), nil, operation: "consumer delete", stream: stream)
    }
}
