internal import BridgeBytes
internal import BridgeConsole
internal import NATSCore
internal import NATSWire

/// Tells a person what happens to the connection while a command listens: one line each on the
/// standard error.
enum ConnectionReport {
    /// Runs a body and reports meanwhile. The first connection is not news.
    /// - Parameter gap: What another connection means for what came before it.
    static func during<T: Sendable>(
        _ client: NATSClient, _ console: Console, gap: String = "",
        _ body: () async throws(CommandFailure) -> T
    ) async throws(CommandFailure) -> T {
        let report = Task {
            var isFirst = true
            // Why no other connection stands: each reason once, until one does.
            var told: Set<ErrorCode> = []
            for await event in client.events {
                if case .connected = event, isFirst {
                    isFirst = false
                } else if case .connectionFailed(let error) = event {
                    guard !isFirst, isRefusal(error), told.insert(error.code).inserted else {
                        continue
                    }
                    console.remark("natsbridge: no connection again yet: \(text(error))")
                } else if !isFirst, let line = line(event) {
                    let isAnother = if case .connected = event { true } else { false }
                    if isAnother { told = [] }
                    console.remark("natsbridge: \(line)\(isAnother ? gap : "")")
                }
            }
        }
        defer { report.cancel() }
        return try await body()
    }

    /// Whether it takes somebody to mend it: a server that is away comes back by itself.
    private static func isRefusal(_ error: NATSError) -> Bool {
        switch error.code {
        case .connectionFailed, .disconnected, .timeout: false
        default: true
        }
    }

    /// What an event means for whoever waits for messages; nil when it means nothing.
    static func line(_ event: NATSEvent) -> String? {
        switch event {
        case .connected(let server): "connected again, to \(server)"
        case .disconnected(let error): "the connection is lost: \(text(error))"
        case .lameDuck: "the server will stop soon; looking for another"
        case .moved(let server): "moved away from \(server)"
        case .slowConsumer: "messages come faster than they are used"
        case .closed(let error?): "the connection is closed for good: \(text(error))"
        case .certificatesKept(let error):
            "changed certificates cannot be used, the old ones are: \(text(error))"
        case .serverError(let error): "the server complains: \(error.text)"
        case .credentialsInTheClear(let server):
            "credentials go to \(server) without TLS: whoever is on the way can read them"
        case .credentialsFileExposed(let path): "others than its owner may read \(path)"
        // Dropped messages are told in their place of the sequence.
        case .messagesDropped: nil
        case .connecting, .connectionFailed, .serversChanged, .suspended, .closed(nil): nil
        }
    }

    private static func text(_ error: NATSError) -> String {
        let place = error.server.isEmpty ? "" : "\(error.server): "
        return place + (error.detail.isEmpty ? error.code.rawValue : error.detail)
    }
}
