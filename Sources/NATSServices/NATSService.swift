// Theory of operation.
//
// A service is a set of subscriptions over a client: nine that tell who and how it is (ADR-32), and
// one for each endpoint, each with a task that loops over it. The service keeps its tasks and they
// keep it, until it ends: by `stop`, by the client's drain, in which it takes part, or because one
// of its subscriptions was refused or the client was closed.
//
// A stop ends the endpoints' interests first, so that others get what comes from then on, lets
// everything be answered that had come, and then ends what it is found by. Who waits for the end is
// resumed once, with the failure if there was one.
internal import BridgeBytes
public import BridgeJSON
internal import BridgeSockets
public import NATSCore
internal import NATSWire
internal import Synchronization

/// A service that answers requests, and that tools and peers can find.
public final class NATSService: DrainParticipant, CustomStringConvertible {
    private struct State {
        var endpoints: [ServiceEndpoint] = []
        var tasks: [Task<Void, Never>] = []
        var controls: [NATSSubscription] = []
        var started: Timestamp
        var data: (@Sendable (String) -> JSONValue?)?
        var isEnding = false
        var isOver = false
        var failure: NATSError?
    }

    /// What it is.
    public let configuration: ServiceConfiguration
    /// Which instance it is.
    public let id: String
    let client: NATSClient
    private let state: Mutex<State>
    private let waits = WaitList<Void, Void>()

    init(_ configuration: ServiceConfiguration, client: NATSClient) {
        self.configuration = configuration
        self.client = client
        var generator = SystemGenerator()
        id = UniqueID.version4(using: &generator)
        state = Mutex(State(started: WallClock.now))
    }

    /// Who it is, as others are told.
    public var identity: ServiceIdentity {
        ServiceIdentity(
            name: configuration.name, id: id, version: configuration.version,
            metadata: configuration.metadata)
    }

    /// What it offers, as others are told.
    public var info: ServiceInfo {
        ServiceInfo(
            identity: identity, description: configuration.description,
            endpoints: state.withLock { $0.endpoints }.map(\.info))
    }

    /// What it has done so far, as others are told.
    public var statistics: ServiceStatistics {
        let (endpoints, started, data) = state.withLock { ($0.endpoints, $0.started, $0.data) }
        return ServiceStatistics(
            identity: identity, started: started,
            endpoints: endpoints.map { $0.statistics(data?($0.name)) })
    }

    /// Adds something of its own to the statistics of each endpoint, which is asked for by its
    /// name; nil: nothing more.
    public func setStatisticsData(_ data: (@Sendable (_ endpoint: String) -> JSONValue?)?) {
        state.withLock { $0.data = data }
    }

    /// Counts from zero again.
    public func resetStatistics() {
        let endpoints = state.withLock { state in
            state.started = WallClock.now
            return state.endpoints
        }
        for endpoint in endpoints { endpoint.reset() }
    }

    /// The group whose subjects begin with nothing.
    public var root: ServiceGroup {
        ServiceGroup(service: self, prefix: "", queueGroup: configuration.queueGroup)
    }

    /// Whether it has ended, or is about to.
    public var isEnding: Bool { state.withLock { $0.isEnding } }

    /// Its name, its version and the instance.
    public var description: String {
        "service \(configuration.name) \(configuration.version), instance \(id)"
    }

    static func refused(_ detail: String) -> NATSError {
        NATSError(.invalidArgument, stage: .subscribe, detail: detail)
    }
}

/// How it begins.
extension NATSService {
    /// Listens where services are found.
    func start() async throws(NATSError) {
        try check()
        guard client.addDrainParticipant(self) else {
            throw NATSError(.closed, stage: .subscribe, detail: "the client is draining or closed")
        }
        let (name, prefix) = (configuration.name, configuration.prefix)
        let answers: [(String, @Sendable (NATSService) -> JSONValue)] = [
            ("PING", { .object($0.identity.json("ping_response")) }),
            ("INFO", { $0.info.json }),
            ("STATS", { $0.statistics.json }),
        ]
        do throws(NATSError) {
            for (verb, answer) in answers {
                for place in ["", ".\(name)", ".\(name).\(id)"] {
                    try listen(on: "\(prefix).\(verb)\(place)", answer)
                }
            }
            try await client.flush()
        } catch {
            await stop()
            throw error
        }
    }

    private func check() throws(NATSError) {
        guard ServiceNames.isName(configuration.name) else {
            throw Self.refused("a service's name has letters, digits, - and _ only")
        }
        guard ServiceNames.isVersion(configuration.version) else {
            throw Self.refused("a service's version is one of Semantic Versioning, such as 1.0.0")
        }
    }

    private func listen(
        on text: String, _ answer: @escaping @Sendable (NATSService) -> JSONValue
    ) throws(NATSError) {
        let subscription = try client.subscribe(to: try Self.pattern(text))
        run(subscription) {
            do throws(NATSError) {
                for try await message in subscription where message.replyTo != nil {
                    // What cannot be sent, such as too many endpoints for one message, is learnt
                    // from the timeout of whoever asked.
                    try? self.client.respond(to: message, with: answer(self).encoded())
                }
                return nil
            } catch {
                return error
            }
        }
    }

    static func pattern(_ text: String) throws(NATSError) -> SubjectPattern {
        do throws(SubjectError) { return try SubjectPattern(text) } catch {
            throw refused("\(text): \(error.description)")
        }
    }

    /// Keeps a loop and, until the end, what it loops over.
    private func run(
        _ control: NATSSubscription? = nil, _ loop: @escaping @Sendable () async -> NATSError?
    ) {
        let task = Task {
            if let failure = await loop() { self.fail(failure) }
        }
        let isLate = state.withLock { state in
            state.tasks.append(task)
            if let control { state.controls.append(control) }
            return state.isEnding
        }
        if isLate { control?.unsubscribe() }
    }

    /// Adds an endpoint.
    func add(
        _ name: String, to group: ServiceGroup, _ options: ServiceEndpointOptions,
        _ handler: @escaping ServiceEndpoint.Handler
    ) async throws(NATSError) {
        guard ServiceNames.isName(name) else {
            throw Self.refused("an endpoint's name has letters, digits, - and _ only")
        }
        guard options.concurrency >= 1 else {
            throw Self.refused("an endpoint works on at least one request at a time")
        }
        let own = options.subject?.text ?? name
        let pattern = try Self.pattern(group.prefix.isEmpty ? own : "\(group.prefix).\(own)")
        let queue = options.queueGroup ?? group.queueGroup
        guard !isEnding else { throw Self.over }
        let subscription = try client.subscribe(
            to: pattern, queueGroup: queue.queueGroup, limits: options.limits)
        let endpoint = ServiceEndpoint(
            name, subscription, queue, options, client: client, handler)
        let isOpen = state.withLock { state in
            if !state.isEnding { state.endpoints.append(endpoint) }
            return !state.isEnding
        }
        guard isOpen else { throw Self.over }
        run { await endpoint.run() }
        try await client.flush()
    }

    private static var over: NATSError {
        NATSError(.closed, stage: .subscribe, detail: "the service has ended")
    }
}

/// How it ends.
extension NATSService {
    /// Longest wait of `stop` for requests that had come and are not yet answered.
    public static let stopPatience: Duration = .seconds(30)

    /// Ends it: nothing more is taken, what had come is answered, for at most `stopPatience`, and
    /// it is found no more. The client stays as it is.
    ///
    /// Cancelling the task does not end the wait: what was asked is to be answered.
    public func stop() async {
        await Task { _ = await drain(until: .now + Self.stopPatience) }.value
    }

    /// Waits until it has ended, by whomever.
    ///
    /// Cancelling the task ends the wait, and not the service.
    /// - Throws: `NATSError`: why it has ended by itself, such as `permissionDenied` when the
    ///   server refuses one of its subjects, or the reason for which the client gave up.
    public func waitForEnd() async throws(NATSError) {
        await wait(until: nil)
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func wait(until deadline: ContinuousClock.Instant?) async {
        let id = waits.newID()
        // Whoever registers behind `resumeAll` finds it over: both take the list's lock.
        _ = await waits.wait(for: id, label: (), until: deadline) { _ in
            if state.withLock({ $0.isOver }) { waits.resume(id, ()) }
        }
    }

    package func drain(until deadline: ContinuousClock.Instant) async -> Int {
        let begins = state.withLock { state in
            defer { state.isEnding = true }
            return !state.isEnding
        }
        if begins { Task { await end(until: deadline) } }
        await wait(until: deadline)
        return state.withLock { $0.isOver ? 0 : 1 }
    }

    /// One of the subscriptions has ended by itself.
    private func fail(_ failure: NATSError) {
        let begins = state.withLock { state in
            state.failure = state.failure ?? failure
            defer { state.isEnding = true }
            return !state.isEnding
        }
        if begins { Task { await end(until: .now + Self.stopPatience) } }
    }

    private func end(until deadline: ContinuousClock.Instant) async {
        let (endpoints, controls) = state.withLock { ($0.endpoints, $0.controls) }
        await withDiscardingTaskGroup { group in
            for endpoint in endpoints {
                // Where the server does not confirm in time, the interest has its end all the same.
                group.addTask {
                    try? await endpoint.subscription.drain(timeout: max(.zero, deadline - .now))
                }
            }
        }
        for control in controls { control.unsubscribe() }
        for task in state.withLock({ $0.tasks }) { await task.value }
        client.removeDrainParticipant(self)
        state.withLock { state in
            state.isOver = true
            (state.tasks, state.controls) = ([], [])
        }
        waits.resumeAll(())
    }
}
