internal import BridgeBytes
public import BridgeClaims
internal import NATSCore

/// How a bridge begins and ends.
extension Bridge {
    /// Connects to NATS and makes a bridge of it.
    ///
    /// Cancelling the task ends the attempt with the code `cancelled`.
    /// - Throws: `BridgeError` in the stage `connect`, with the code of `NATSClient.connect`:
    ///   `connectionFailed`, `authorizationFailed`, `tlsRequired`, `invalidArgument`,
    ///   `protocolViolation` or `cancelled`.
    public static func connect(_ options: BridgeOptions) async throws(BridgeError) -> Bridge {
        do throws(NATSError) {
            var client = options.client
            client.log = client.log ?? options.log
            return Bridge(
                client: try await NATSClient.connect(client), options: options, ownsClient: true)
        } catch {
            throw BridgeError(error, stage: .connect)
        }
    }

    /// Connects to servers with the default options:
    /// `connect("nats://127.0.0.1", store: .fileServer("http://127.0.0.1:8080"))`.
    ///
    /// Cancelling the task ends the attempt with the code `cancelled`.
    /// - Parameters:
    ///   - servers: Where NATS is; none: the local server.
    ///   - store: Where large payloads go; nil: nowhere.
    /// - Throws: `BridgeError`, as `connect(_:)` with options.
    public static func connect(
        _ servers: String..., store: (any ClaimStore)? = nil
    ) async throws(BridgeError) -> Bridge {
        try await connect(BridgeOptions(servers: servers, store: store))
    }

    /// Connects to a server, or to one of several separated by commas, with options for all else:
    /// `connect(url, options: BridgeOptions(log: .standardError))`.
    ///
    /// Cancelling the task ends the attempt with the code `cancelled`.
    /// - Parameters:
    ///   - servers: Where NATS is; this counts, not what the options say of it.
    ///   - store: Where large payloads go; nil: where the options say.
    ///   - options: All else.
    /// - Throws: `BridgeError`, as `connect(_:)` with options.
    public static func connect(
        _ servers: String, store: (any ClaimStore)? = nil, options: BridgeOptions
    ) async throws(BridgeError) -> Bridge {
        var options = options
        options.client.servers = [servers]
        options.store = store ?? options.store
        return try await connect(options)
    }

    /// Connects, lends the bridge to `body`, and drains it afterwards, also when `body` throws; its
    /// error counts more than one of the drain then.
    ///
    /// Cancelling the task is for `body` to notice: its waits end. The drain behind it does not
    /// wait then: the bridge is closed at once.
    /// - Throws: What `body` throws, or `BridgeError` as `connect(_:)` and `drain()`.
    @discardableResult
    public static func withBridge<R: Sendable>(
        _ options: BridgeOptions, _ body: (Bridge) async throws -> R
    ) async throws -> R {
        let bridge = try await connect(options)
        let result: R
        do {
            result = try await body(bridge)
        } catch {
            // Nobody would hear of a failure to drain; the bridge is closed in any case.
            try? await bridge.drain()
            throw error
        }
        try await bridge.drain()
        return result
    }

    /// Connects to servers with the default options, and lends the bridge to `body`; see
    /// `withBridge(_:_:)` with options.
    ///
    /// Cancelling the task does what it does in the form with options.
    /// - Throws: As `withBridge(_:_:)` with options.
    @discardableResult
    public static func withBridge<R: Sendable>(
        _ servers: String..., store: (any ClaimStore)? = nil,
        _ body: (Bridge) async throws -> R
    ) async throws -> R {
        try await withBridge(BridgeOptions(servers: servers, store: store), body)
    }

    /// Keeps the bridge until the task is cancelled, and drains it then. So a bridge can stand in
    /// a service group as it is, beside the tasks that loop over its messages. `NATSClient.run()`
    /// says how a program without a group ends on SIGTERM.
    ///
    /// Returns as well when the bridge was closed or drained by somebody else.
    /// - Throws: `BridgeError` as `drain()`, or in the stage `connect` when the client has given
    ///   up, such as `connectionFailed` or `authorizationFailed`.
    public func run() async throws(BridgeError) {
        let failure = await withTaskGroup(of: NATSError?.self) { group in
            group.addTask {
                await self.end.wait()
                return nil
            }
            group.addTask {
                for await event in self.client.events {
                    if case .closed(let error) = event { return error }
                }
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? nil
        }
        if let failure, !end.isOver { throw BridgeError(failure, stage: .connect) }
        guard Task.isCancelled, !end.isOver else { return }
        // Nothing waits in a task that is cancelled, so the drain has one of its own.
        let drained = await Task { () async -> Result<Void, BridgeError> in
            do throws(BridgeError) { return .success(try await self.drain()) } catch {
                return .failure(error)
            }
        }.value
        try drained.get()
    }

    /// Closes at once. A connection that the caller holds stays open.
    ///
    /// Sequences of messages end after what they have received; links that are being fetched
    /// fail with `cancelled`.
    ///
    /// A cancelled task waits to the end all the same: closing asks nothing of the server.
    public func close() async {
        end.come()
        for intake in intakes.all { intake.hurry() }
        if ownsClient { await client.close() }
    }

    /// Longest wait of `drain` for messages that were received and are not yet consumed, where the
    /// caller holds the connection. That of `NATSClient.drain` is as long.
    public static let drainPatience = Duration.seconds(30)

    /// Ends the sequences of messages after what they have received, waits until that is consumed,
    /// writes what waits, confirms it, and closes. Answers may be sent meanwhile. A connection that
    /// the caller holds stays open.
    ///
    /// A loop over a sequence has consumed a message when it asks for the next one or is left. The
    /// client's own `drain` waits for the same.
    ///
    /// Cancelling the task ends the waits; what was not written is dropped, and the bridge is
    /// closed.
    /// - Throws: `BridgeError` with `timeout` when messages were not consumed in time,
    ///   `disconnected` when the server did not confirm everything, `cancelled` or `closed`; the
    ///   bridge is closed all the same.
    public func drain() async throws(BridgeError) {
        defer { end.come() }
        do throws(NATSError) {
            if ownsClient { return try await client.drain() }
            let deadline = ContinuousClock.now + Self.drainPatience
            async let undone = workers.drain(until: deadline)
            let left = await intakes.drain(until: deadline) + undone
            try await client.flush()
            guard left == 0 else {
                throw NATSError(
                    .timeout, stage: .drain, detail: "\(left) messages were not consumed in time")
            }
        } catch {
            throw BridgeError(error, stage: .publish)
        }
    }
}
