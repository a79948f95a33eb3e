internal import BridgeBytes
public import NATSWire

/// What happens to a client's connection, for whoever watches `NATSClient.events`. Servers are
/// named `host:port`.
public enum NATSEvent: Sendable, Hashable {
    /// The next attempt at a server begins after `delay`.
    case connecting(server: String, after: Duration)
    /// A handshake is done.
    case connected(server: String)
    /// The connection was lost, for this reason; the client tries again. Of credentials the code
    /// tells what became of them: `credentialsExpired`, `credentialsRevoked`,
    /// `authenticationTimeout`, `authorizationFailed`.
    case disconnected(NATSError)
    /// One attempt to connect failed; the codes of credentials as above, `invalidCredentials` and
    /// `credentialsUnavailable` for a source of theirs that failed.
    case connectionFailed(NATSError)
    /// Servers that joined or left the cluster, as the server in use tells.
    case serversChanged(added: [String], removed: [String])
    /// Certificates or keys have changed and cannot be used as they are now; those of before are
    /// used on.
    case certificatesKept(NATSError)
    /// The server complained without closing.
    case serverError(ServerError)
    /// The server will stop soon and asks its clients to leave; the client looks for another.
    case lameDuck
    /// The client has moved from a server that will stop to another one, or to a new connection
    /// with newer credentials before the time of the old ones was over. Nothing it published was
    /// lost; a message to it can have been, where the cluster's other servers took longer than a
    /// fifth of a second to hear of its new place. So each subscription has a gap there.
    case moved(from: String)
    /// A password, a token or a bearer's JWT is sent to a server on another machine without TLS, so
    /// that it can be read on the way. Told once for each server.
    case credentialsInTheClear(server: String)
    /// A file with a seed in it can be read by others than its owner. Told once for each file.
    case credentialsFileExposed(path: String)
    /// The user wants no connection at present; the next one is made after `resume()`.
    case suspended
    /// A subscription's consumer is slow: reading is paused, or messages are dropped from now
    /// on, as its policy says. Told once until the consumer has caught up.
    case slowConsumer(subscription: Int, SubscriptionLimits.Policy)
    /// Reading could not wait for that subscription's consumer any longer: its messages are dropped
    /// until it has caught up by half, with a gap in its sequence. The others go on.
    case messagesDropped(subscription: Int)
    /// The client is closed: for good, with the reason if it was not asked for.
    case closed(NATSError?)
}
