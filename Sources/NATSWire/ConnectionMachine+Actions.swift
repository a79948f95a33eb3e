// The answers of `ConnectionMachine`: one type per input, plain values.
extension ConnectionMachine {
    package enum InfoAction: Equatable, Sendable {
        /// The first INFO: send CONNECT and PING in one write.
        case sendConnectAndPing
        /// Take over the new limits and addresses.
        case update
        /// The same, and the server is about to stop: leave it in good order.
        case updateAndLeave
        case close(CloseAction)
        case ignore
    }

    package enum PingAction: Equatable, Sendable { case sendPong, ignore }

    package enum PongAction: Equatable, Sendable {
        /// The handshake is done.
        case connected
        /// The server has seen everything that was sent before that flush.
        case flushed(FlushID)
        case ignore
    }

    package enum ErrorAction: Equatable, Sendable {
        /// The connection stands; tell whom it concerns.
        case report(ServerError)
        case close(CloseAction)
        case ignore
    }

    package enum FlushAction: Equatable, Sendable {
        case sendPing, refuseNotConnected, refuseTooMany
    }

    package enum TimerAction: Equatable, Sendable {
        case wait
        case sendPing
        case close(CloseAction)
    }

    /// Close the descriptor and fail those flushes, of which nobody knows whether they were
    /// seen. Without a reason there is nothing to do: the end was known.
    package struct CloseAction: Equatable, Sendable {
        package let reason: CloseReason?
        package let failing: [FlushID]

        package init(reason: CloseReason?, failing: [FlushID]) {
            self.reason = reason
            self.failing = failing
        }
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
            case .handshakeTimeout, .stale, .writeTimeout, .protocolViolation, .peerClosed,
                .transportFailed:
                .lost
            }
        }
    }
}
