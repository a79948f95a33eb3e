// The answers of `ConnectionMachine`: one type per input, plain values.
internal import BridgeBytes

extension ConnectionMachine {
    package enum InfoAction: Equatable, Sendable {
        /// The first INFO: make the credentials for its nonce, and say `authenticated`.
        case authenticate
        /// Take over the new limits and addresses.
        case update
        /// The same, and the server is about to stop: leave it in good order.
        case updateAndLeave
        case close(CloseReason)
        case ignore
    }

    package enum PongAction: Equatable, Sendable {
        /// The handshake is done.
        case connected
        /// The server has all the subscriptions of a connection that is to take over.
        case joined
        /// It answers a question of the outbox.
        case passOn
        case ignore
    }

    package enum ErrorAction: Equatable, Sendable {
        /// The connection stands; tell whom it concerns.
        case report(ServerError)
        case close(CloseReason)
        case ignore
    }

    /// Where a PING goes, which is also where its PONG is expected.
    package enum Place: Equatable, Sendable {
        /// Into the connection's own buffer.
        case own
        /// Behind what waits in the outbox.
        case outbox
    }

    package enum TimerAction: Equatable, Sendable {
        case wait
        case sendPing(Place)
        case close(CloseReason)
    }

    /// Why a connection ended.
    package enum CloseReason: Equatable, Sendable {
        case requested
        case handshakeTimeout
        /// The server demands TLS and the driver has none.
        case tlsRequired
        /// No byte came for `pingInterval` times `maxOutstandingPings` and one.
        case stale
        /// The peer's system took none of our bytes for `writeTimeout`.
        case writeTimeout
        case serverError(ServerError)
        case protocolViolation(WireError)
        /// There are no credentials to connect with; nothing was sent.
        case credentials(CredentialsFailure)
        /// The server closed without a word, as it does with slow consumers.
        case peerClosed
        case transportFailed(String)

        /// What this means for trying again.
        package var failure: ReconnectMachine.Failure? {
            switch self {
            case .requested: nil
            case .tlsRequired: .abandon
            case .serverError(let error):
                switch error.remedy {
                case .reauthenticate: .refused(error.text)
                case .abandonServer: .abandon
                case .report, .reconnect: .lost
                }
            case .credentials(let failure):
                failure.isFinal ? .refused(failure.words) : .lost
            case .handshakeTimeout, .stale, .writeTimeout, .protocolViolation, .peerClosed,
                .transportFailed:
                .lost
            }
        }
    }
}
