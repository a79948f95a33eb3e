// The answers of `ConnectionMachine`: one type per input, plain values.
internal import BridgeBytes

extension ConnectionMachine {
    package enum InfoAction: Equatable, Sendable {
        /// The first INFO: make the credentials for its nonce, and say `authenticated`.
        case authenticate
        /// Cover the connection, read nothing more in the clear, and say `secured`.
        case secure
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
        /// TLS is wanted and the server has none; nothing was sent.
        case tlsNotOffered
        /// What stands over the transport failed: TLS, WebSocket.
        case coverFailed(CoverFailure)
        /// TLS stood, and the server closed before it had taken our credentials.
        case refusedWithoutWords(String)
        /// No byte came for `pingInterval` times `maxOutstandingPings` and one.
        case stale
        /// The peer's system took none of our bytes for `writeTimeout`.
        case writeTimeout
        case serverError(ServerError)
        case protocolViolation(WireError)
        /// There are no credentials to connect with; nothing was sent.
        case credentials(CredentialsFailure)
        /// The server closed before INFO, as one does that waits for TLS.
        case closedBeforeInfo
        /// The server closed without a word, as it does with slow consumers.
        case peerClosed
        case transportFailed(String)

        /// What this means for trying again.
        package var failure: ReconnectMachine.Failure? {
            switch self {
            case .requested: nil
            case .coverFailed(let failure) where failure.isOurs: .abandon
            case .serverError(let error):
                switch error.remedy {
                case .reauthenticate: .refused(error.text)
                case .abandonServer: .abandon
                case .report, .reconnect: .lost
                }
            case .credentials(let failure):
                failure.isFinal ? .refused(failure.words) : .lost
            case .tlsNotOffered, .coverFailed, .refusedWithoutWords, .handshakeTimeout, .stale,
                .writeTimeout, .protocolViolation, .closedBeforeInfo, .peerClosed,
                .transportFailed:
                .lost
            }
        }
    }
}
