/// What became of a published message.
public enum PublishOutcome: String, Sendable, Hashable, CaseIterable {
    /// The server has it: it answered a PING that was sent behind the message.
    case sent
    /// The connection was lost, or the client closed, after the message was given to the system
    /// and before the server confirmed it. It may or may not have arrived, and may yet arrive,
    /// even behind messages that were published later: the network may hold it for long.
    case unknown
    /// The message never left this process whole, and will not: the client was closed before, or
    /// no server takes a message of its size.
    case lost
    /// The server has seen the message and gave it to nobody: its permissions forbid the subject,
    /// or nobody listened to the subject of a request.
    case denied
}
