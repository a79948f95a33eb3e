internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
public import NATSWire

/// Who answers when a message of a stream is read.
public enum MessageReader: Sendable, Hashable {
    /// The leader of the stream, which knows everything that was acknowledged.
    case leader
    /// Any server with a copy, and mirrors: faster, and perhaps a moment behind. Where the stream
    /// does not allow it (`allowsDirectGet`), the leader.
    case anyReplica
}

extension JetStream {
    /// The message of that number.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `messageNotFound` when it is gone or was never there,
    ///   `streamNotFound`, and what every call of the API may throw (see `JetStream`).
    public func message(
        _ sequence: UInt64, in stream: String, from reader: MessageReader = .leader
    ) async throws(JetStreamError) -> StoredMessage {
        guard sequence > 0 else {
            throw JetStreamError(
                .messageNotFound, operation: "message get", stream: stream,
                detail: "numbers of messages start at 1")
        }
        var body = JSONObject()
        body.set("seq", sequence)
        return try await read(body, in: stream, from: reader)
    }

    /// The newest message on a subject.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `messageNotFound` when there is none, `streamNotFound`, and
    ///   what every call of the API may throw (see `JetStream`).
    public func lastMessage(
        on subject: Subject, in stream: String, from reader: MessageReader = .leader
    ) async throws(JetStreamError) -> StoredMessage {
        if reader == .anyReplica,
            let message = try await direct(
                Bytes(), at: api.directGet(stream, lastOn: subject), in: stream)
        {
            return message
        }
        return try await read(
            ["last_by_subj": .string(subject.text)], in: stream, from: .leader)
    }

    /// The first message on such a subject, from a number on.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `messageNotFound` when there is none, `streamNotFound`, and
    ///   what every call of the API may throw (see `JetStream`).
    public func nextMessage(
        on filter: SubjectPattern, in stream: String, from sequence: UInt64 = 1,
        reader: MessageReader = .leader
    ) async throws(JetStreamError) -> StoredMessage {
        var body = JSONObject()
        body.set("seq", max(1, sequence))
        body["next_by_subj"] = .string(filter.text)
        return try await read(body, in: stream, from: reader)
    }

    private func read(
        _ body: JSONObject, in stream: String, from reader: MessageReader
    ) async throws(JetStreamError) -> StoredMessage {
        if reader == .anyReplica,
            let message = try await direct(
                JSONValue.object(body).encoded(), at: api.directGet(stream), in: stream)
        {
            return message
        }
        return try StoredMessage(
            await call(
                api.messageGet(stream), body, operation: "message get", stream: stream),
            stream: stream)
    }

    /// Reads one message from any server that has it; nil when none answers such a question.
    private func direct(
        _ body: Bytes, at subject: Subject, in stream: String
    ) async throws(JetStreamError) -> StoredMessage? {
        let answer: NATSMessage
        do throws(NATSError) {
            answer = try await client.request(body, to: subject, timeout: options.timeout)
        } catch  where error.code == .noResponders {
            return nil
        } catch {
            throw JetStreamError(error, operation: "message get", stream: stream)
        }
        if let status = answer.status { throw DirectStatus.error(status, stream: stream) }
        return try StoredMessage(direct: answer, stream: stream)
    }

    /// Removes one message of a stream.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the server may have done it by
    /// then.
    /// - Parameter erasing: Whether the server overwrites its bytes on the disk, which takes
    ///   longer.
    /// - Throws: `JetStreamError` with `messageNotFound`, `streamNotFound`, `refused` when the
    ///   stream denies it, and what every call of the API may throw (see `JetStream`).
    public func deleteMessage(
        _ sequence: UInt64, in stream: String, erasing: Bool = false
    ) async throws(JetStreamError) {
        var body = JSONObject()
        body.set("seq", sequence)
        if !erasing { body["no_erase"] = .bool(true) }
        let answer = try await call(
            api.messageDelete(stream), body, operation: "message delete", stream: stream)
        try answer.expectSuccess(stream: stream)
    }
}

/// What a server says instead of a message (ADR-31).
enum DirectStatus {
    /// The end of a batch.
    static let end = 204
    /// There is no such message.
    static let notFound = 404
    /// More subjects than one answer may have.
    static let tooMany = 413

    static func error(_ status: HeaderStatus, stream: String) -> JetStreamError {
        let code: ErrorCode =
            switch status.code {
            case notFound: .messageNotFound
            case tooMany: .limitExceeded
            default: .refused
            }
        return JetStreamError(
            code, operation: "message get", stream: stream,
            detail: "\(status.code) \(status.description)")
    }
}
