internal import BridgeBytes

extension JetStream {
    /// Makes a consumer that reads and acknowledges nothing.
    /// - Throws: As `createConsumer(_:on:)`; where a work queue refuses it, with what to do
    ///   instead.
    func createReader(
        _ configuration: ConsumerConfiguration, on stream: String, operation: String
    ) async throws(JetStreamError) -> PullConsumer {
        do throws(JetStreamError) {
            return try await createConsumer(configuration, on: stream)
        } catch  where JetStreamError.onlyWorkers.contains(error.apiError?.errorCode ?? 0) {
            throw JetStreamError.workQueue(stream, operation: operation, error.apiError)
        }
    }
}

extension JetStream {
    /// When a stream was made, asked before a reader goes on by the number of its last message.
    /// - Parameters:
    ///   - known: When the stream was made that it has read; nil: not known.
    ///   - last: The number of the last message that it has read.
    /// - Returns: Nil where the server does not tell this user.
    /// - Throws: `streamNotFound` when it is gone, was deleted and made anew, or has gone back to
    ///   what it was before, as one that was restored; `cancelled`.
    func created(
        _ stream: String, as known: Timestamp?, behind last: UInt64? = nil, operation: String
    ) async throws(JetStreamError) -> Timestamp? {
        let info: StreamInfo
        do throws(JetStreamError) { info = try await streamInfo(stream) } catch {
            guard error.code != .streamNotFound, error.code != .cancelled else { throw error }
            return known
        }
        let created = info.created
        if let last, info.state.lastSequence < last {
            throw JetStreamError(
                .streamNotFound, operation: operation, stream: stream,
                detail: "the stream has gone back: message \(last) was read, and its last one is"
                    + " \(info.state.lastSequence) now; what it gets from here on was not read")
        }
        guard let known, created != known else { return created }
        throw JetStreamError(
            .streamNotFound, operation: operation, stream: stream,
            detail: "the stream was deleted and made anew meanwhile: what it held is gone, and what"
                + " it holds now was not read")
    }
}

extension JetStreamError {
    /// What a work queue says to consumers that take no message from it.
    fileprivate static let onlyWorkers: Set<Int> = [10084, 10098, 10099, 10100, 10101]

    /// Who reads a work queue to its end would take the messages from its workers.
    static func workQueue(
        _ stream: String, operation: String, _ apiError: JetStreamAPIError? = nil
    ) -> JetStreamError {
        JetStreamError(
            .refused, operation: operation, stream: stream, apiError: apiError,
            detail: "\(stream) is a work queue, whose messages are its workers' alone: read without"
                + " a consumer (`storedMessages`, or `message`; `natsbridge stream get`), or a"
                + " mirror of the stream")
    }
}
