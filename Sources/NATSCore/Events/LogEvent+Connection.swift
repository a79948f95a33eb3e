public import BridgeBytes

extension LogEvent {
    /// What happened to a connection, as the log tells it: in the stage `connection`, with the
    /// server and the code as fields.
    public init(_ event: NATSEvent, at timestamp: Timestamp) {
        let (level, message, fields) = Self.parts(of: event)
        self.init(
            timestamp: timestamp, level: level, stage: "connection", message: message,
            fields: fields)
    }

    private static func parts(
        of event: NATSEvent
    ) -> (level: Level, message: String, fields: [Field]) {
        switch event {
        case .connecting(let server, let delay):
            return (
                .debug, "connecting",
                [
                    Field("server", server),
                    Field("after_milliseconds", String(delay.milliseconds)),
                ]
            )
        case .connected(let server): return (.debug, "connected", [Field("server", server)])
        case .disconnected(let error): return (.warning, "disconnected", fields(of: error))
        case .connectionFailed(let error):
            return (.notice, "connection failed", fields(of: error))
        case .serversChanged(let added, let removed):
            return (
                .debug, "servers changed",
                [
                    Field("added", added.joined(separator: ",")),
                    Field("removed", removed.joined(separator: ",")),
                ]
            )
        case .certificatesKept(let error):
            return (.warning, "changed certificates cannot be used", fields(of: error))
        case .serverError(let error):
            return (.warning, "the server complains", [Field("detail", "\(error)")])
        case .lameDuck: return (.notice, "the server will stop", [])
        case .moved(let server):
            return (.notice, "moved to another server", [Field("from", server)])
        case .credentialsInTheClear(let server):
            return (.warning, "credentials are sent without TLS", [Field("server", server)])
        case .credentialsFileExposed(let path):
            return (.warning, "others may read the credentials file", [Field("file", path)])
        case .suspended: return (.debug, "suspended", [])
        case .slowConsumer(let subscription, let policy):
            return (
                .warning, "slow consumer",
                [Field("subscription", String(subscription)), Field("policy", "\(policy)")]
            )
        case .messagesDropped(let subscription):
            return (
                .warning, "messages dropped", [Field("subscription", String(subscription))]
            )
        case .closed(let error?): return (.warning, "gave up", fields(of: error))
        case .closed(nil): return (.debug, "closed", [])
        }
    }

    private static func fields(of error: NATSError) -> [Field] {
        [
            Field("server", error.server), Field("code", error.code.rawValue),
            Field("detail", error.detail),
        ].filter { !$0.value.isEmpty }
    }
}
