internal import BridgeBytes
internal import BridgeJSON
public import NATSWire

extension JetStream {
    /// Makes a stream. When there is one with that name and the same configuration, it is
    /// returned; with another configuration that is an error.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `streamNameInUse`, `invalidArgument` (the detail names the
    ///   setting), and what every call of the API may throw (see `JetStream`).
    @discardableResult
    public func createStream(
        _ configuration: StreamConfiguration
    ) async throws(JetStreamError) -> StreamInfo {
        let subject = try api.streamCreate(configuration.name)
        return try await put(configuration, at: subject, operation: "stream create")
    }

    /// Changes a stream. Start from the configuration of `streamInfo`, so that settings that
    /// this client does not know are kept.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument`, and what every call of
    ///   the API may throw (see `JetStream`).
    @discardableResult
    public func updateStream(
        _ configuration: StreamConfiguration
    ) async throws(JetStreamError) -> StreamInfo {
        let subject = try api.streamUpdate(configuration.name)
        return try await put(configuration, at: subject, operation: "stream update")
    }

    /// Changes a stream, or makes it when there is none of that name.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `invalidArgument`, `streamNameInUse` when somebody else
    ///   makes another one of that name meanwhile, and what every call of the API may throw (see
    ///   `JetStream`).
    @discardableResult
    public func createOrUpdateStream(
        _ configuration: StreamConfiguration
    ) async throws(JetStreamError) -> StreamInfo {
        do throws(JetStreamError) {
            return try await updateStream(configuration)
        } catch  where error.code == .streamNotFound {
            return try await createStream(configuration)
        }
    }

    private func put(
        _ configuration: StreamConfiguration, at subject: Subject, operation: String
    ) async throws(JetStreamError) -> StreamInfo {
        try configuration.check(operation)
        return try StreamInfo(
            await call(
                subject, configuration.json, operation: operation, stream: configuration.name,
                level: configuration.requiredLevel))
    }

    /// What a stream is and holds, and what time its server has.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument` for what is no name, and
    ///   what every call of the API may throw (see `JetStream`).
    public func streamInfo(_ name: String) async throws(JetStreamError) -> StreamInfo {
        try StreamInfo(
            await call(
                api.streamInfo(name), nil, operation: "stream info", stream: name))
    }

    /// Removes a stream with all of its messages and consumers.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument` for what is no name, and
    ///   what every call of the API may throw (see `JetStream`).
    public func deleteStream(_ name: String) async throws(JetStreamError) {
        let answer = try await call(
            api.streamDelete(name), nil, operation: "stream delete", stream: name)
        try answer.expectSuccess(stream: name)
    }

    /// Removes messages of a stream and returns how many.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Parameters:
    ///   - subject: Only those on such subjects; nil: all.
    ///   - sequence: Only those before this number; nil: all.
    ///   - keep: Leaves that many of the newest; nil: none. Not together with `sequence`.
    /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument`, and what every call of
    ///   the API may throw (see `JetStream`).
    @discardableResult
    public func purgeStream(
        _ name: String, subject: SubjectPattern? = nil, before sequence: UInt64? = nil,
        keeping keep: UInt64? = nil
    ) async throws(JetStreamError) -> UInt64 {
        guard sequence == nil || keep == nil else {
            throw JetStreamError(
                .invalidArgument, operation: "stream purge", stream: name,
                detail: "either a sequence or a number to keep, not both")
        }
        if let sequence, sequence <= 1 {
            // To the server, zero is no bound, and it would remove everything.
            _ = try await streamInfo(name)
            return 0
        }
        var body = JSONObject()
        if let subject { body["filter"] = .string(subject.text) }
        if let sequence { body.set("seq", sequence) }
        if let keep { body.set("keep", keep) }
        let answer = try await call(
            api.streamPurge(name), body, operation: "stream purge", stream: name)
        try answer.expectSuccess(stream: name)
        return try answer.count("purged")
    }
}

extension JSONFields {
    /// - Throws: `JetStreamError` with `unexpectedAnswer` when the server does not say that it is
    ///   done.
    func expectSuccess(stream: String) throws(JetStreamError) {
        guard try flag("success") else {
            throw JetStreamError(
                .unexpectedAnswer, operation: operation, stream: stream,
                detail: "neither success nor an error")
        }
    }
}
