internal import BridgeBytes
internal import BridgeJSON
public import NATSCore
internal import NATSWire

/// Endpoints of a service whose subjects begin alike.
public struct ServiceGroup: Sendable {
    /// The service that it belongs to.
    public let service: NATSService
    /// What the subjects begin with; empty for the service's own.
    let prefix: String
    let queueGroup: ServiceQueueGroup

    /// A group in this one: its subjects begin with the names of both.
    /// - Parameter queueGroup: How the instances share the requests; nil: as in this group.
    /// - Throws: `NATSError` with `invalidArgument` when no subject can begin so.
    public func group(
        _ name: String, queueGroup: ServiceQueueGroup? = nil
    ) throws(NATSError) -> ServiceGroup {
        do throws(SubjectError) {
            _ = try Subject(name)
        } catch {
            throw NATSService.refused("a group cannot be called \(name): \(error.description)")
        }
        return ServiceGroup(
            service: service, prefix: prefix.isEmpty ? name : "\(prefix).\(name)",
            queueGroup: queueGroup ?? self.queueGroup)
    }

    /// Has a handler answer what is asked on a subject. The server knows of it when this returns.
    ///
    /// What the handler returns is the answer. A `ServiceError` that it throws is answered as it
    /// is, any other error with the number 500 and the error's name.
    ///
    /// Cancelling the task ends the wait for the server with the code `cancelled`; the endpoint may
    /// have begun by then.
    /// - Throws: `NATSError` with `invalidArgument`, `closed` when the service has ended,
    ///   `permissionDenied`, `timeout`, `disconnected` or `cancelled`.
    public func endpoint(
        _ name: String, options: ServiceEndpointOptions = ServiceEndpointOptions(),
        _ handler: @escaping @Sendable (ServiceRequest) async throws -> ServiceReply
    ) async throws(NATSError) {
        try await service.add(name, to: self, options, handler)
    }

    /// Has a handler answer values with values, both as JSON. A request that is not such a value is
    /// answered with the error 400.
    ///
    /// Cancelling the task does what it does in the form with requests and replies.
    /// - Throws: As `endpoint(_:options:_:)` with requests and replies.
    public func endpoint<Question: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ name: String, options: ServiceEndpointOptions = ServiceEndpointOptions(),
        json handler: @escaping @Sendable (Question) async throws -> Answer
    ) async throws(NATSError) {
        try await endpoint(name, options: options) { request in
            let question: Question
            do throws(JSONError) {
                question = try request.decode(Question.self)
            } catch {
                throw ServiceError(400, "the request cannot be read: \(error.code)")
            }
            return try ServiceReply(json: try await handler(question))
        }
    }
}
