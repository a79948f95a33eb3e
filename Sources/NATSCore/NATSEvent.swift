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
    /// Reading is paused because a subscription's consumer is slow.
    case slowConsumer(subscription: Int)
    /// The client is closed: for good, with the reason if it was not asked for.
    case closed(NATSError?)
}
