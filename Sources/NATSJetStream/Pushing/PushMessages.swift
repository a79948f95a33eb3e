// Theory of operation.
//
// The consumer delivers to a subject that we subscribe to. What comes in one batch is looked
// through at once: signals are answered and taken out, messages wait to be handed out. A consumer
// with a heartbeat that has been silent for three of them is asked for: if it is there (another
// leader is being elected, or the connection was away) we listen on, since the server goes on
// delivering to whoever subscribes; if it is gone, that is the end.
internal import BridgeBytes
internal import NATSCore
internal import NATSWire

/// The messages that a push consumer delivers, without end.
///
/// It throws `consumerDeleted` when the consumer of a heartbeat has gone, `refused` with what the
/// server says, and when the client is closed or the task that iterates is cancelled
/// (`JetStreamError`). It ends when the client drains.
public struct PushMessages: AsyncSequence, Sendable {
    public typealias Element = JetStreamMessage
    public typealias Failure = JetStreamError

    private let consumer: PushConsumer
    private let subscription: NATSSubscription

    init(_ consumer: PushConsumer) throws(JetStreamError) {
        self.consumer = consumer
        do throws(NATSError) {
            subscription = try consumer.jetStream.client.subscribe(
                to: consumer.deliverSubject, queueGroup: consumer.deliverGroup)
        } catch {
            throw JetStreamError(error, operation: "consume", stream: consumer.stream)
        }
    }

    /// Takes messages as they come; belongs to one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let consumer: PushConsumer
        private let subscription: NATSSubscription
        private var batch: [NATSMessage] = []
        private var position = 0

        /// So many heartbeats may fail to come.
        private static let patience = 3

        init(_ consumer: PushConsumer, _ subscription: NATSSubscription) {
            self.consumer = consumer
            self.subscription = subscription
        }

        /// The next message; nil when the client drains. Cancelling the task ends it with the code
        /// `cancelled`.
        /// - Throws: `JetStreamError` with `consumerDeleted`, `refused`, `permissionDenied`,
        ///   `notFromJetStream` for what somebody else has published there, `closed` or
        ///   `cancelled`.
        public mutating func next() async throws(JetStreamError) -> JetStreamMessage? {
            try await next(isolation: #isolation)
        }

        /// The next message, on the caller's actor; nil when the client drains. Cancelling the
        /// task ends it with the code `cancelled`.
        /// - Throws: As `next()`.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(JetStreamError) -> JetStreamMessage? {
            while position >= batch.count {
                guard try await refill() else { return nil }
            }
            defer { position += 1 }
            let message = try JetStreamMessage(
                batch[position], client: consumer.jetStream.client, handOut: nil,
                known: (consumer.stream, consumer.name))
            let isAcknowledged = consumer.cachedInfo.configuration.ackPolicy != .none
            return isAcknowledged ? message.watched() : message
        }

        /// Waits for more. Returns false at the end.
        private mutating func refill() async throws(JetStreamError) -> Bool {
            (batch, position) = ([], 0)
            let beat = consumer.cachedInfo.configuration.idleHeartbeat ?? .zero
            let deadline = beat > .zero ? ContinuousClock.Instant.after(beat * Self.patience) : nil
            do throws(NATSError) {
                guard let come = try await subscription.nextBatch(until: deadline) else {
                    guard !Task.isCancelled else { throw NATSError(.cancelled, stage: .receive) }
                    return false
                }
                try take(come)
                return true
            } catch  where error.code == .timeout {
                try await lookForConsumer()
                return true
            } catch {
                throw JetStreamError(error, operation: "consume", stream: consumer.stream)
            }
        }

        private mutating func take(_ messages: [NATSMessage]) throws(NATSError) {
            for message in messages {
                switch PushSignal(message) {
                case nil: batch.append(message)
                case .other(let code, let text)?:
                    throw NATSError(.refused, stage: .receive, detail: "\(code) \(text)")
                case let signal?:
                    guard let subject = signal.answer else { continue }
                    // An answer that is lost is asked for again by the next heartbeat.
                    try? consumer.jetStream.client.publish(Bytes(), to: subject)
                }
            }
        }

        private func lookForConsumer() async throws(JetStreamError) {
            do throws(JetStreamError) {
                _ = try await consumer.jetStream.consumerInfo(consumer.name, on: consumer.stream)
            } catch {
                switch error.code {
                case .consumerNotFound, .streamNotFound:
                    throw JetStreamError(
                        .consumerDeleted, operation: "consume", stream: consumer.stream,
                        detail: "\(consumer.name) is gone")
                case .closed, .cancelled: throw error
                // The API is away with the rest.
                default: return
                }
            }
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(consumer, subscription) }
}
