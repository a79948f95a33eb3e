public import NATSWire

/// What happens to a client's connection, for whoever watches `NATSClient.events`.
public enum NATSEvent: Sendable, Hashable {
    /// A handshake is done. `server` is what the server calls itself, `host:port`.
    case connected(server: String)
    /// The connection was lost; the client tries again.
    case disconnected(NATSError)
    /// One attempt to connect failed.
    case connectionFailed(NATSError)
    /// The server complained without closing.
    case serverError(ServerError)
    /// The server will stop soon and asks its clients to leave.
    case lameDuck
    /// A subscription's consumer is slow: reading is paused, or messages are dropped from now
    /// on, as its policy says. Told once until the consumer has caught up.
    case slowConsumer(subscription: Int, SubscriptionLimits.Policy)
    /// The client is closed: for good, with the reason if it was not asked for.
    case closed(NATSError?)
}
