internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSWire
internal import Synchronization

/// Listens on one subject, and has a handler answer what comes.
final class ServiceEndpoint: Sendable {
    typealias Handler = @Sendable (ServiceRequest) async throws -> ServiceReply

    private struct Tally {
        var requests = 0
        var errors = 0
        var lastError = ""
        var time: Duration = .zero
    }

    let name: String
    let subscription: NATSSubscription
    private let client: NATSClient
    private let group: ServiceQueueGroup
    private let options: ServiceEndpointOptions
    private let handler: Handler
    private let tally = Mutex(Tally())

    init(
        _ name: String, _ subscription: NATSSubscription, _ group: ServiceQueueGroup,
        _ options: ServiceEndpointOptions, client: NATSClient, _ handler: @escaping Handler
    ) {
        self.name = name
        self.subscription = subscription
        self.group = group
        self.options = options
        self.client = client
        self.handler = handler
    }

    /// Answers until the interest ends and everything that had come is answered.
    /// - Returns: Why the interest ended, unless it was ended here.
    func run() async -> NATSError? {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            do throws(NATSError) {
                for try await message in subscription {
                    if running == options.concurrency {
                        await group.next()
                        running -= 1
                    }
                    group.addTask { await self.answer(message) }
                    running += 1
                }
                return nil
            } catch {
                return error
            }
        }
    }

    private func answer(_ message: NATSMessage) async {
        let begin = ContinuousClock.now
        let request = ServiceRequest(message, client: client)
        var failure: ServiceError?
        do {
            let reply = try await handler(request)
            if message.replyTo != nil { try request.respond(reply) }
        } catch {
            let error = Self.failure(error)
            failure = error
            if message.replyTo != nil { failure = tell(error, to: message) }
        }
        let time = ContinuousClock.now - begin
        tally.withLock { tally in
            tally.requests += 1
            tally.time += time
            guard let failure else { return }
            tally.errors += 1
            tally.lastError = failure.summary
        }
    }

    /// Tells whoever asked of an error. Where that cannot be sent, his own timeout tells him, and
    /// the statistics say here that it was not told.
    private func tell(_ failure: ServiceError, to message: NATSMessage) -> ServiceError {
        do throws(NATSError) {
            try client.respond(to: message, with: failure.payload, headers: failure.headers)
            return failure
        } catch {
            return ServiceError(
                failure.number ?? ServiceError.unknown, "\(failure.text), not told: \(error.code)")
        }
    }

    /// What is told of an error: of one that was not made to be told, its name alone, since its
    /// words may hold what nobody else is to see.
    private static func failure(_ error: any Error) -> ServiceError {
        if let error = error as? ServiceError, error.clientError == nil { return error }
        let name = (error as? any CodedError)?.code.rawValue ?? String(describing: type(of: error))
        return ServiceError(ServiceError.unknown, name)
    }

    func reset() { tally.withLock { $0 = Tally() } }

    var info: ServiceInfo.Endpoint {
        ServiceInfo.Endpoint(
            name: name, subject: subscription.pattern.text, queueGroup: group.word,
            metadata: options.metadata)
    }

    func statistics(_ data: JSONValue?) -> ServiceStatistics.Endpoint {
        let tally = tally.withLock { $0 }
        return ServiceStatistics.Endpoint(
            name: name, subject: subscription.pattern.text, queueGroup: group.word,
            requests: tally.requests, errors: tally.errors, lastError: tally.lastError,
            processingTime: tally.time,
            averageProcessingTime: tally.requests == 0 ? .zero : tally.time / tally.requests,
            data: data)
    }
}
