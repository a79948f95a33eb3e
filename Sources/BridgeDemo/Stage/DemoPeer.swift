internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import HTTPWire
internal import NATSBridge
internal import NATSCore
internal import NATSWire

/// One service of a scenario: a bridge with a name.
struct DemoPeer: Sendable {
    /// Longest wait for any answer: the large table has to be read in it.
    static let patience = Duration.seconds(120)

    let name: String
    let bridge: Bridge

    static func connect(
        _ name: String, server: String, store: String,
        trace: @escaping @Sendable (LogEvent) -> Void
    ) async throws -> DemoPeer {
        var client = NATSClientOptions(servers: [server])
        client.name = "demo-\(name)"
        var options = BridgeOptions(
            client: client, store: try FileServerStore(baseURL: try HTTPURL(store)))
        options.senderName = name
        options.timeToLive = .seconds(3600)
        options.log = LogSink(trace)
        return DemoPeer(name: name, bridge: try await Bridge.connect(options))
    }

    /// Answers every message on a subject with what `work` makes of it, until the returned
    /// service is stopped. The subscription stands when this returns.
    func serve(
        _ subject: Subject,
        _ work: @escaping @Sendable (Received) async throws -> Payloads
    ) async throws -> Service {
        let subscription = try bridge.client.subscribe(to: SubjectPattern(subject))
        try await bridge.client.flush()
        let task = Task {
            for try await message in subscription {
                let received = try await bridge.receive(message)
                let payloads = try await work(received)
                try await bridge.reply(payloads, to: received)
            }
        }
        return Service(subscription: subscription, task: task)
    }

    func request(
        _ payloads: Payloads, to subject: Subject, options: SendOptions = SendOptions()
    ) async throws -> Received {
        var request = RequestOptions()
        request.sending = options
        return try await bridge.request(
            payloads, to: subject, options: request, timeout: Self.patience)
    }

    func close() async { await bridge.close() }

    /// A running service; its failure comes out when it is stopped.
    struct Service: Sendable {
        let subscription: NATSSubscription
        let task: Task<Void, any Error>

        func stop() async throws {
            subscription.unsubscribe()
            try await task.value
        }
    }
}
