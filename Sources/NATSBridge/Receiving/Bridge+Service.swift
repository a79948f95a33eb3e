internal import BridgeBytes
public import BridgeEnvelope
internal import NATSCore
public import NATSServices

/// How an endpoint of a bridge listens, reads and answers.
public struct BridgeEndpointOptions: Sendable {
    /// Where it listens, and how much it works on at a time.
    public var endpoint = ServiceEndpointOptions()
    /// How a request is turned into values.
    public var receiving = ReceiveOptions()
    /// How the answer is sent; its ids are those of the request.
    public var sending = SendOptions()
    /// Whether the handler is given requests of which payloads could not be had, with their errors
    /// in place. Else who asked is told.
    public var takesIncomplete = false

    /// An endpoint on its own name, for whole requests.
    public init() {}
}

extension Bridge {
    /// Has a handler answer payloads with payloads, on an endpoint of a service that can be found:
    ///
    ///     let service = try await bridge.client.startService(configuration)
    ///     try await bridge.endpoint("scale", in: service.root) { question in
    ///         ["scaled": .table(try scale(question.table))]
    ///     }
    ///
    /// Large payloads go by link both ways. A `ServiceError` that the handler throws reaches who
    /// asked by header, as does, with the number 500, the name of any other error; a request that
    /// cannot be read is answered with 400, and with 503 when it may be later.
    ///
    /// Cancelling the task does what it does in `ServiceGroup.endpoint(_:options:_:)`.
    /// - Throws: `BridgeError` in the stage `receive` with `invalidArgument`, `closed`,
    ///   `permissionDenied`, `timeout`, `disconnected` or `cancelled`.
    public func endpoint(
        _ name: String, in group: ServiceGroup,
        options: BridgeEndpointOptions = BridgeEndpointOptions(),
        _ handler: @escaping @Sendable (Received) async throws -> Payloads
    ) async throws(BridgeError) {
        try checkOpen(.receive)
        do throws(NATSError) {
            try await group.endpoint(name, options: options.endpoint) { request in
                let question = try await self.read(request, options)
                let answer = try await handler(question)
                if request.message.replyTo != nil {
                    try await self.reply(answer, to: question, options: options.sending)
                }
                return .answered
            }
        } catch {
            throw BridgeError(error, stage: .receive)
        }
    }

    private func read(
        _ request: ServiceRequest, _ options: BridgeEndpointOptions
    ) async throws(ServiceError) -> Received {
        let question: Received
        do throws(BridgeError) {
            question = try await receive(request.message, options: options.receiving)
        } catch {
            throw ServiceError(unreadable: error)
        }
        let failures = options.takesIncomplete ? [] : question.failures
        if let failure = failures.first(where: \.isTransient) ?? failures.first {
            throw ServiceError(unreadable: failure)
        }
        return question
    }
}

extension ServiceError {
    /// What is told of a request that cannot be read: the step and the kind, and no words.
    fileprivate init(unreadable error: BridgeError) {
        self.init(error.isTransient ? 503 : 400, "\(error.stageName) failed: \(error.code)")
    }
}
