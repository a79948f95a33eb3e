public import BridgeBytes
internal import BridgeJSON
internal import NATSCore
public import NATSWire

extension JetStream {
    /// The messages of a stream on such subjects, in their order, without a consumer (server
    /// 2.11). The stream must allow it (`allowsDirectGet`).
    ///
    /// They are asked for page by page as they are wanted; any server with a copy answers, and
    /// mirrors do. It ends where the stream ends when the last page is read.
    /// - Parameters:
    ///   - filter: Only messages on these subjects.
    ///   - sequence: Number of the first message.
    ///   - time: Only what was stored from that moment on, instead of a first number.
    public func storedMessages(
        in stream: String, on filter: SubjectPattern = ">", from sequence: UInt64 = 1,
        since time: Timestamp? = nil
    ) -> StoredMessages {
        StoredMessages(
            jetStream: self, stream: stream,
            cursor: DirectReadCursor(.all(filter), from: sequence, since: time))
    }

    /// The newest message of each subject that matches, in the order of the stream, as of one
    /// moment (server 2.11). The stream must allow it (`allowsDirectGet`).
    /// - Parameters:
    ///   - filters: The subjects, with wildcards; the server refuses more than 1024 subjects
    ///     (`limitExceeded`).
    ///   - sequence: As of the message of this number; nil: now.
    ///   - time: Only what was stored before that moment, instead of a number.
    public func lastMessages(
        on filters: [SubjectPattern], in stream: String, upTo sequence: UInt64? = nil,
        until time: Timestamp? = nil
    ) -> StoredMessages {
        StoredMessages(
            jetStream: self, stream: stream,
            cursor: DirectReadCursor(.last(filters), upTo: sequence, until: time))
    }
}

/// Messages of a stream that are read without a consumer, page by page.
public struct StoredMessages: AsyncSequence, Sendable {
    public typealias Element = StoredMessage
    public typealias Failure = JetStreamError

    let jetStream: JetStream
    /// The stream that is read.
    public let stream: String
    let cursor: DirectReadCursor

    /// Asks for pages as they are wanted; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let jetStream: JetStream
        private let stream: String
        private var cursor: DirectReadCursor
        private var page: [StoredMessage] = []
        private var position = 0

        init(_ messages: StoredMessages) {
            jetStream = messages.jetStream
            stream = messages.stream
            cursor = messages.cursor
        }

        /// The next message; nil at the end. Cancelling the task ends it with the code `cancelled`.
        /// - Throws: `JetStreamError` with `streamNotFound`, `invalidArgument` when the stream does
        ///   not allow direct reads, `limitExceeded` for too many subjects, and what every call of
        ///   the API may throw (see `JetStream`).
        public mutating func next() async throws(JetStreamError) -> StoredMessage? {
            try await next(isolation: #isolation)
        }

        /// The next message, on the caller's actor; nil at the end. Cancelling the task ends it
        /// with the code `cancelled`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> StoredMessage? {
            while position == page.count {
                guard !cursor.isFinished else { return nil }
                (page, position) = ([], 0)
                try await readPage()
            }
            defer { position += 1 }
            return page[position]
        }

        private mutating func readPage() async throws(JetStreamError) {
            let subject = try jetStream.api.directGet(stream)
            try jetStream.require(1, operation: "message get", stream: stream)
            let body = JSONValue.object(cursor.request()).encoded()
            var pageOptions = RequestManyOptions()
            pageOptions.total = jetStream.options.timeout
            var replies: NATSReplies.Iterator
            do throws(NATSError) {
                replies = try jetStream.client.requestMany(
                    body, to: subject, options: pageOptions
                ).makeAsyncIterator()
            } catch {
                throw JetStreamError(error, operation: "message get", stream: stream)
            }
            while let reply = try await next(of: &replies) {
                guard try take(reply) else { return try refuseIfHopeless() }
            }
            if Task.isCancelled { throw error(.cancelled, "") }
            cursor.pageLost()
            try refuseIfHopeless()
        }

        private func next(
            of replies: inout NATSReplies.Iterator
        ) async throws(JetStreamError) -> NATSMessage? {
            do throws(NATSError) {
                return try await replies.next()
            } catch {
                guard error.code == .noResponders else {
                    throw JetStreamError(error, operation: "message get", stream: stream)
                }
            }
            _ = try await jetStream.streamInfo(stream)
            throw error(.invalidArgument, "the stream does not allow direct reads")
        }

        private func refuseIfHopeless() throws(JetStreamError) {
            guard cursor.isHopeless else { return }
            throw error(.timeout, "no whole answer came in time")
        }

        /// Takes a message of the page; returns whether more are to come.
        private mutating func take(_ reply: NATSMessage) throws(JetStreamError) -> Bool {
            switch reply.status {
            case nil: break
            case let status? where status.code == DirectStatus.end:
                cursor.pageEnded((try? reply.headers) ?? [:])
                return false
            case let status? where status.code == DirectStatus.notFound:
                cursor.finish()
                return false
            case let status?: throw DirectStatus.error(status, stream: stream)
            }
            let message = try StoredMessage(direct: reply, stream: stream)
            let before = (try? reply.headers)?.number(.directLast)
            switch cursor.received(message.sequence, before: before) {
            case .deliver: page.append(message)
            case .drop: break
            case .askAgain:
                cursor.pageLost()
                return false
            }
            return true
        }

        private func error(_ code: ErrorCode, _ detail: String) -> JetStreamError {
            JetStreamError(code, operation: "message get", stream: stream, detail: detail)
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
