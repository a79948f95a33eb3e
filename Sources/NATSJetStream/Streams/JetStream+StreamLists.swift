internal import BridgeBytes
internal import BridgeJSON
public import NATSWire

/// A subject of a stream, and how many messages are stored on it.
public struct SubjectCount: Sendable, Hashable {
    /// The subject.
    public var subject: Subject
    /// Number of messages on it.
    public var messages: UInt64

    /// A subject with that many messages.
    public init(subject: Subject, messages: UInt64) {
        self.subject = subject
        self.messages = messages
    }
}

extension JetStream {
    /// All streams, or those that store a subject, page by page.
    ///
    /// A mirror has no subjects, and is found only without one.
    /// - Parameter subject: Only streams with a subject that has something in common with this one.
    public func streams(storing subject: SubjectPattern? = nil) -> JetStreamList<StreamInfo> {
        JetStreamList { offset throws(JetStreamError) in
            let answer = try await listStreams(at: api.streamList, storing: subject, offset)
            var streams: [StreamInfo] = []
            for fields in try answer.list("streams") { streams.append(try StreamInfo(fields)) }
            return .init(elements: streams, total: try answer.number("total") ?? 0)
        }
    }

    /// The names of all streams, or of those that store a subject, page by page.
    /// - Parameter subject: As for `streams(storing:)`.
    public func streamNames(storing subject: SubjectPattern? = nil) -> JetStreamList<String> {
        JetStreamList { offset throws(JetStreamError) in
            let answer = try await listStreams(at: api.streamNames, storing: subject, offset)
            return .init(
                elements: try answer.texts("streams"), total: try answer.number("total") ?? 0)
        }
    }

    private func listStreams(
        at apiSubject: Subject, storing subject: SubjectPattern?, _ offset: Int
    ) async throws(JetStreamError) -> JSONFields {
        var body = JSONObject()
        body.set("offset", offset)
        if let subject { body["subject"] = .string(subject.text) }
        return try await call(apiSubject, body, operation: "stream list", stream: "")
    }

    /// The name of the stream that stores a subject.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `streamNotFound` when none does, and what every call of the
    ///   API may throw (see `JetStream`).
    public func streamName(storing subject: Subject) async throws(JetStreamError) -> String {
        var names = streamNames(storing: SubjectPattern(subject)).makeAsyncIterator()
        guard let name = try await names.next() else {
            throw JetStreamError(
                .streamNotFound, operation: "stream list", subject: subject.text,
                detail: "no stream stores this subject")
        }
        return name
    }

    /// The subjects of a stream with the number of their messages, page by page.
    /// - Parameter filter: Only these subjects.
    public func subjects(
        of stream: String, matching filter: SubjectPattern = ">"
    ) -> JetStreamList<SubjectCount> {
        JetStreamList { offset throws(JetStreamError) in
            var body = JSONObject()
            body.set("offset", offset)
            body["subjects_filter"] = .string(filter.text)
            let answer = try await call(
                api.streamInfo(stream), body, operation: "stream info", stream: stream)
            var counts: [SubjectCount] = []
            let state = try answer.fields("state")
            if let subjects = try state?.fields("subjects") {
                for (subject, _) in subjects.object {
                    counts.append(
                        SubjectCount(
                            subject: Subject(received: Bytes(utf8: subject)),
                            messages: try subjects.count(subject)))
                }
            }
            return .init(elements: counts, total: try answer.number("total") ?? 0)
        }
    }
}
