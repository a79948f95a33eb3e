internal import BridgeBytes
internal import NATSWire

extension NATSClient: CustomStringConvertible, CustomReflectable {
    /// Where the connection stands, and with which server.
    public var description: String {
        let server = core.serverInfo.map { info in
            info.serverName.isEmpty ? "\(info.host):\(info.port)" : info.serverName
        }
        switch core.phase {
        case .connecting: return "NATSClient(connecting)"
        case .connected: return "NATSClient(connected to \(server ?? "a server"))"
        case .reconnecting: return "NATSClient(reconnecting)"
        case .closed: return "NATSClient(closed)"
        }
    }

    /// Shows nothing of the inside, which holds credentials.
    public var customMirror: Mirror { Mirror(self, children: ["client": description]) }
}

extension NATSSubscription: CustomStringConvertible, CustomReflectable {
    /// What is subscribed to, and how much waits.
    public var description: String { "NATSSubscription(\(pattern), \(backlog) messages waiting)" }

    /// Shows nothing of the inside, which holds the client.
    public var customMirror: Mirror { Mirror(self, children: ["subscription": description]) }
}

extension PublishReceipt: CustomStringConvertible, CustomReflectable {
    /// The number of the message, and what is known of it.
    public var description: String {
        "PublishReceipt(message \(number), \(current?.rawValue ?? "pending"))"
    }

    /// Shows nothing of the inside, which holds the client.
    public var customMirror: Mirror { Mirror(self, children: ["receipt": description]) }
}

extension NATSReplies: CustomStringConvertible, CustomReflectable {
    /// The subject of the question.
    public var description: String { "NATSReplies(to a request on \(subject))" }

    /// Shows nothing of the inside, which holds the client.
    public var customMirror: Mirror { Mirror(self, children: ["replies": description]) }
}

extension NATSStatistics: CustomStringConvertible {
    /// Both directions, and the connections.
    public var description: String {
        "sent \(sentMessages) messages (\(sentBytes) bytes), "
            + "received \(receivedMessages) (\(receivedBytes) bytes), \(connections) connections"
    }
}

extension SubscriptionStatistics: CustomStringConvertible {
    /// What waits, what was taken and what was dropped.
    public var description: String {
        "\(waitingMessages) messages waiting (\(waitingBytes) bytes), "
            + "\(deliveredMessages) delivered (\(deliveredBytes) bytes), "
            + "\(droppedMessages) dropped (\(droppedBytes) bytes)"
    }
}

extension SubscriptionLimits: CustomStringConvertible {
    /// The bounds, and what happens beyond.
    public var description: String {
        "at most \(maxMessages) messages and \(maxBytes) bytes waiting, then \(policy.rawValue)"
    }
}

extension SubscriptionGap: CustomStringConvertible {
    /// How many messages are missing, if anybody knows, and why.
    public var description: String {
        guard let messages, let bytes else { return "a gap of unknown size (\(cause.rawValue))" }
        return "a gap of \(messages) messages, \(bytes) bytes (\(cause.rawValue))"
    }
}

extension NATSEvent: CustomStringConvertible {
    /// What happened, in a line for logs.
    public var description: String {
        switch self {
        case .connecting(let server, let wait):
            wait == .zero ? "connecting to \(server)" : "connecting to \(server) after \(wait)"
        case .connected(let server): "connected to \(server)"
        case .disconnected(let error): "disconnected: \(error)"
        case .connectionFailed(let error): "an attempt to connect failed: \(error)"
        case .serversChanged(let added, let removed):
            "servers changed: \(added.count) joined \(added), \(removed.count) left \(removed)"
        case .serverError(let error): "the server complains: \(error)"
        case .lameDuck: "the server will stop soon"
        case .moved(let server): "moved away from \(server)"
        case .credentialsInTheClear(let server):
            "credentials are sent to \(server) without TLS, so that they can be read on the way"
        case .credentialsFileExposed(let path): "others than its owner may read \(path)"
        case .certificatesKept(let error):
            "changed certificates cannot be used, the old ones are: \(error)"
        case .suspended: "suspended"
        case .slowConsumer(let id, let policy):
            "the consumer of subscription \(id) is slow; policy \(policy.rawValue)"
        case .messagesDropped(let id): "messages of subscription \(id) are dropped"
        case .closed(let error): error.map { "closed: \($0)" } ?? "closed"
        }
    }
}
