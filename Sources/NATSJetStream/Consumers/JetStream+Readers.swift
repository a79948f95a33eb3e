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
