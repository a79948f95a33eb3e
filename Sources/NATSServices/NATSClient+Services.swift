public import BridgeBytes
internal import BridgeJSON
public import NATSCore
public import NATSWire

extension NATSClient {
    /// Begins a service, which can be found at once; its endpoints are added to `root` and to
    /// groups in it. It lives until `NATSService.stop()`, until the client drains or is closed.
    ///
    /// Cancelling the task ends the attempt with the code `cancelled`.
    /// - Throws: `NATSError` with `invalidArgument` for a name or version that breaks the rules,
    ///   `closed`, `permissionDenied`, `timeout`, `disconnected` or `cancelled`.
    public func startService(
        _ configuration: ServiceConfiguration
    ) async throws(NATSError) -> NATSService {
        let service = NATSService(configuration, client: self)
        try await service.start()
        return service
    }

    /// Asks a service, and has an answer that is an error thrown.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; the service may have done it.
    /// - Throws: `ServiceError` with `serviceError` and the service's number and words; or with the
    ///   code of `request`, such as `noResponders` at once when nobody listens, or `timeout`.
    public func requestService(
        _ payload: some BytesConvertible, at subject: Subject, headers: Headers = Headers(),
        timeout: Duration = .seconds(5)
    ) async throws(ServiceError) -> NATSMessage {
        let answer: NATSMessage
        do throws(NATSError) {
            answer = try await request(
                payload.bytes, to: subject, headers: headers, timeout: timeout)
        } catch {
            throw ServiceError(error, subject: subject)
        }
        if let error = ServiceError(answer: answer, subject: subject) { throw error }
        return answer
    }

    /// What services say of themselves.
    public var services: ServiceDirectory { ServiceDirectory(client: self) }
}

/// Finds services: all of them, those of a name, or one instance.
///
/// Services answer each for itself, and nobody knows how many there are; so the answers are
/// gathered until none has come for `stall`.
public struct ServiceDirectory: Sendable {
    let client: NATSClient
    /// What services are found by.
    public var prefix = ServiceConfiguration.ownPrefix
    /// Longest time between two answers.
    public var stall: Duration = .milliseconds(300)
    /// Longest time in all.
    public var total: Duration = .seconds(5)

    init(client: NATSClient) { self.client = client }

    /// Who is there. Empty when nobody is.
    ///
    /// Cancelling the task ends the wait with what has come.
    /// - Throws: `NATSError` with `invalidArgument` for a name that no service has, or as
    ///   `NATSClient.requestMany`.
    public func ping(
        _ name: String? = nil, id: String? = nil
    ) async throws(NATSError) -> [ServiceIdentity] {
        try await ask("PING", name, id) { ServiceIdentity($0) }
    }

    /// What they offer. Empty when nobody is there.
    ///
    /// Cancelling the task ends the wait with what has come.
    /// - Throws: `NATSError`, as `ping(_:id:)`.
    public func info(
        _ name: String? = nil, id: String? = nil
    ) async throws(NATSError) -> [ServiceInfo] {
        try await ask("INFO", name, id) { ServiceInfo($0) }
    }

    /// What they have done. Empty when nobody is there.
    ///
    /// Cancelling the task ends the wait with what has come.
    /// - Throws: `NATSError`, as `ping(_:id:)`.
    public func statistics(
        _ name: String? = nil, id: String? = nil
    ) async throws(NATSError) -> [ServiceStatistics] {
        try await ask("STATS", name, id) { ServiceStatistics($0) }
    }

    private func ask<Answer>(
        _ verb: String, _ name: String?, _ id: String?, _ read: (JSONValue) -> Answer?
    ) async throws(NATSError) -> [Answer] {
        guard id == nil || name != nil else {
            throw NATSService.refused("an instance is found by the name of its service as well")
        }
        let text = ([prefix, verb] + [name, id].compactMap { $0 }).joined(separator: ".")
        let subject: Subject
        do throws(SubjectError) { subject = try Subject(text) } catch {
            throw NATSService.refused("\(text): \(error.description)")
        }
        var options = RequestManyOptions()
        options.total = total
        options.stall = stall
        if id != nil { options.maxMessages = 1 }
        var answers: [Answer] = []
        do throws(NATSError) {
            for try await message in try client.requestMany(Bytes(), to: subject, options: options)
            {
                // What is none of our answers comes from somebody who is no service.
                guard let json = try? JSONValue(parsing: message.payload), let answer = read(json)
                else { continue }
                answers.append(answer)
            }
        } catch  where error.code == .noResponders {
            return []
        }
        return answers
    }
}
