internal import BridgeBytes

extension NATSClient {
    /// Connects to a server, or to one of several separated by commas:
    /// `try await NATSClient.connect("nats://127.0.0.1:4222")`.
    ///
    /// Cancelling the task ends the attempt with the code `cancelled`.
    /// - Parameters:
    ///   - servers: Where NATS is; this counts, not what the options say of it.
    ///   - options: All else.
    /// - Throws: `NATSError` as `connect(_:)` with options.
    public static func connect(
        _ servers: String, options: NATSClientOptions = NATSClientOptions()
    ) async throws(NATSError) -> NATSClient {
        var options = options
        options.servers = [servers]
        return try await connect(options)
    }

    /// Connects to a server, or to one of several separated by commas, with the default options,
    /// lends the client to `body`, and drains it afterwards; see `withClient` with options.
    ///
    /// Cancelling the task ends the waits of `body`, and the drain behind it at once.
    /// - Throws: `NATSError` as `connect(_:)` and `drain(timeout:)`, and what `body` throws.
    public static func withClient<R>(
        _ servers: String, _ body: (NATSClient) async throws -> R
    ) async throws -> R {
        try await withClient(NATSClientOptions(servers: [servers]), body)
    }

    /// Keeps the client until the task is cancelled, and then drains it, for at most the
    /// `drainTimeout` of the options. Returns when the client is closed, by whomever.
    ///
    /// This is all that a group of services asks of a service: `extension NATSClient: Service {}`,
    /// with SIGTERM among the group's `cancellationSignals`. The loops over the client's
    /// subscriptions run in tasks of their own, which are not cancelled with this one: they end by
    /// themselves when the drain has handed out what had come.
    ///
    /// A program without such a group waits for SIGTERM itself. The source's handler must be
    /// `@Sendable`: in `main.swift` a closure without it belongs to the main actor, and the process
    /// traps when a queue calls it. A handler given to `signal` itself may call nothing of Swift's.
    ///
    /// ```swift
    /// import Dispatch
    /// import Glibc
    /// import NATSClient
    ///
    /// let client = try await NATSClient.connect("nats://127.0.0.1:4222")
    /// let orders = try client.subscribe(to: "orders.*", queueGroup: "workers")
    /// let worker = Task { for try await order in orders { … } }
    /// let service = Task { try await client.run() }
    ///
    /// // Once it is active the signal no longer ends the process.
    /// let termination = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
    /// termination.setEventHandler { @Sendable in service.cancel() }
    /// termination.activate()
    ///
    /// try await service.value  // nothing is lost that had come or was published
    /// try await worker.value
    /// ```
    /// - Throws: `NATSError`: why the client gave up for good, such as `authorizationFailed` or
    ///   `connectionFailed`; or as `drain(timeout:)`.
    public func run() async throws(NATSError) {
        guard await core.isCancelledBeforeTheEnd() else {
            guard let reason = core.closeReason, reason.code != .closed else { return }
            throw reason
        }
        // The task is cancelled, and every wait of the drain would end at once in it.
        let timeout = core.options.drainTimeout
        let ending = await Task { () async -> Result<Void, NATSError> in
            do throws(NATSError) { return .success(try await drain(timeout: timeout)) } catch {
                return .failure(error)
            }
        }.value
        try ending.get()
    }
}
