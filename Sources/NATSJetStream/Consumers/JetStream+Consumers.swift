internal import BridgeBytes
internal import BridgeJSON
internal import NATSWire

extension JetStream {
    /// Makes a consumer. When there is one with that name and the same configuration, it
    /// is returned; with another configuration that is an error.
    ///
    /// A consumer without a durable name gets the name of the configuration or a random one, and
    /// the server forgets it when it was not used for `inactiveThreshold`.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Returns: The consumer; pulling from one with a `deliverSubject` is refused.
    /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument` (the detail names the
    ///   setting), `consumerNameInUse` when there is another consumer of that name, and what every
    ///   call of the API may throw (see `JetStream`).
    @discardableResult
    public func createConsumer(
        _ configuration: ConsumerConfiguration, on stream: String
    ) async throws(JetStreamError) -> PullConsumer {
        try await putConsumer(configuration, on: stream, action: .create)
    }

    /// Changes a consumer. What has been delivered stays delivered. Start from the
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
        try await putConsumer(configuration, on: stream, action: .update)
    }

    /// Changes a consumer, or makes it when there is none of that name.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument`, `refused` for what
    ///   cannot be changed, and what every call of the API may throw (see `JetStream`).
    @discardableResult
    public func createOrUpdateConsumer(
        _ configuration: ConsumerConfiguration, on stream: String
    ) async throws(JetStreamError) -> PullConsumer {
        try await putConsumer(configuration, on: stream, action: .createOrUpdate)
    }

    private enum Action: String {
        case create
        case update
        case createOrUpdate = ""

        var operation: String {
            self == .createOrUpdate ? "consumer create or update" : "consumer \(rawValue)"
        }
    }

    private func putConsumer(
        _ configuration: ConsumerConfiguration, on stream: String, action: Action
    ) async throws(JetStreamError) -> PullConsumer {
        let operation = action.operation
        try configuration.check(operation, on: stream)
        var configuration = configuration
        if configuration.durableName == nil && configuration.name == nil {
            guard action != .update else {
                throw JetStreamError(
                    .invalidArgument, operation: operation, stream: stream,
                    detail: "only a consumer with a name can be changed")
            }
            var generator = SystemGenerator()
            configuration.name = UniqueID.token(using: &generator)
        }
        let filters = configuration.filterSubjects
        let subject = try api.consumerCreate(
            stream, configuration.durableName ?? configuration.name ?? "",
            filter: filters.count == 1 ? filters[0] : nil)
        var body = JSONObject()
        body["stream_name"] = .string(stream)
        body["config"] = .object(configuration.json)
        body["action"] = .string(action.rawValue)
        let info = try ConsumerInfo(
            await call(
                subject, body, operation: operation, stream: stream,
                level: configuration.requiredLevel))
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

    /// All consumers of a stream, page by page.
    public func consumers(on stream: String) -> JetStreamList<ConsumerInfo> {
        JetStreamList { offset throws(JetStreamError) in
            var body = JSONObject()
            body.set("offset", offset)
            let answer = try await call(
                api.consumerList(stream), body, operation: "consumer list", stream: stream)
            var consumers: [ConsumerInfo] = []
            for fields in try answer.list("consumers") {
                consumers.append(try ConsumerInfo(fields))
            }
            return .init(elements: consumers, total: try answer.number("total") ?? 0)
        }
    }

    /// The names of all consumers of a stream, page by page.
    public func consumerNames(on stream: String) -> JetStreamList<String> {
        JetStreamList { offset throws(JetStreamError) in
            var body = JSONObject()
            body.set("offset", offset)
            let answer = try await call(
                api.consumerNames(stream), body, operation: "consumer list", stream: stream)
            return .init(
                elements: try answer.texts("consumers"), total: try answer.number("total") ?? 0)
        }
    }
}
