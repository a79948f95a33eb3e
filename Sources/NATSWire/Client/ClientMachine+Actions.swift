// What `ClientMachine` has its driver do and say: plain values, carried out in their order.
internal import BridgeBytes

extension ClientMachine {
    /// Names one connection of a client; never another one.
    package struct ConnectionID: Hashable, Sendable {
        package let number: Int
        package init(_ number: Int) { self.number = number }
    }

    package enum Action: Equatable, Sendable {
        /// Ask the user for the next server, and answer with `targetChosen`.
        case askTarget(token: Int, pool: [ServerURL])
        /// Ask the user for the wait before the next attempt; answer with `delayGiven`.
        case askDelay(token: Int, failures: Int)
        /// Find out how the server may be reached, and with which credentials; answer with
        /// `prepared`.
        case prepare(token: Int, ServerURL)
        /// Look whether there are newer credentials than those of this connection; answer with
        /// `credentialsChecked`.
        case checkCredentials(ConnectionID, ServerURL)
        /// Connect in one of the ways that were found.
        case open(ConnectionID, token: Int, way: Int)
        /// Cover the connection as its server's address and the options say; answer with `secured`,
        /// or end it.
        case secure(ConnectionID)
        /// Make the credentials for this server's nonce; answer with `authenticated`.
        case authenticate(ConnectionID, ServerInfo)
        /// Send CONNECT and so many PINGs, together.
        case sendConnect(ConnectionID, ServerInfo, pings: Int)
        /// Send it from the connection's own buffer: the outbox does not feed it.
        case sendPing(ConnectionID)
        case sendPong(ConnectionID)
        /// Append it behind what waits in the outbox, which feeds the connection.
        case appendPing
        case appendPong
        /// Subscribe to everything, and send PING.
        case subscribe(ConnectionID)
        /// From now on the outbox feeds this connection; first it subscribes to what the
        /// connection is not subscribed to yet.
        case feed(ConnectionID)
        /// End the subscriptions, send what the outbox holds and a last PING; what is published
        /// later waits.
        case release(ConnectionID)
        /// The connection that the outbox fed is gone: what it carried is settled.
        case settle(ConnectionID)
        case close(ConnectionID)
        /// The PONG answers a question in the outbox.
        case passPong(ConnectionID)
        /// The server's limits and addresses.
        case update(ServerInfo)
        /// The server's complaint on a connection that stands.
        case report(ConnectionID, ServerError)
        case tell(News)
        /// The client is over: whoever waits is told.
        case end(End)
        /// Its last connection is gone.
        case finish
    }

    /// What is said to whoever watches the client.
    package enum News: Equatable, Sendable {
        case connecting(ServerURL, after: Duration)
        case connected(ServerURL)
        case lost(Loss)
        /// One attempt to connect failed.
        case failed(Loss)
        case serversChanged(added: [ServerURL], removed: [ServerURL])
        case lameDuck
        case moved(from: ServerURL)
        case suspended
    }

    /// How a connection, or an attempt to make one, ended.
    package struct Loss: Equatable, Sendable {
        package let reason: ConnectionMachine.CloseReason
        package let server: ServerURL
        /// Whether the outbox had fed it.
        package let wasInUse: Bool
        /// Whether we were slow to read, which the server may have lost patience with.
        package let wasSlow: Bool
    }

    /// What the driver found out for an attempt at a server.
    package struct Means: Equatable, Sendable {
        /// Number of ways to it.
        package let ways: Int
        /// What the credentials are.
        package let credentials: Credentials

        package init(ways: Int, credentials: Credentials = Credentials()) {
            self.ways = ways
            self.credentials = credentials
        }
    }

    /// What is known here of credentials: none of their secrets.
    package struct Credentials: Equatable, Sendable {
        /// The same number for the same credentials, and hardly ever for others.
        package let identity: Int
        /// When their time is over, by the clock of `now`; nil: never, or nobody knows.
        package let expiry: Duration?

        package init(identity: Int = 0, expiry: Duration? = nil) {
            self.identity = identity
            self.expiry = expiry
        }
    }

    /// Why a client is over.
    package enum End: Equatable, Sendable {
        case requested
        case gaveUp(ReconnectMachine.GiveUpReason, last: Loss?)
    }
}
