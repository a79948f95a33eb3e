package import BridgeBytes

/// How a connection is covered by TLS, or by whatever else stands over its transport.
///
/// ## Theory of operation
///     opened ──first──▶ securing ──secured──▶ awaitingInfo ──INFO──▶ authenticating
///     awaitingInfo ──INFO──▶ securing ──secured──▶ authenticating          (upgrade)
///
/// A WebSocket always comes first, and TLS below it if there is any: over it no INFO means an
/// upgrade, though servers say there that they demand TLS.
///
/// An upgrade is begun when the server demands TLS, or when we do and the server offers it; where
/// we do and it does not, the connection ends, and nothing was sent. That INFO came from whoever
/// stands on the way: of it only the nonce is used, and what it says of limits until the server
/// says so inside TLS, which newer ones do behind their first PONG. So two PINGs go out behind
/// CONNECT: what came between their PONGs is the server's own, and the second one ends the
/// handshake. Addresses of other servers are taken from inside alone.
///
/// A peer that closes between the end of the handshake of TLS and the first PONG has refused us,
/// and may not say why: for its own reasons TLS 1.3 is done on our side before the server has seen
/// our certificate.
extension ConnectionMachine {
    /// When a connection is covered.
    package enum Security: Int, Sendable, Hashable, Comparable {
        /// After INFO, if the server demands it.
        case onDemand
        /// After INFO, or there is no connection.
        case required
        /// Before INFO: the server says nothing in the clear.
        case first

        package static func < (left: Security, right: Security) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// What a connection's bytes travel in.
    package enum Carrier: Sendable, Hashable {
        /// The transport itself, or TLS.
        case plain
        case webSocket
        case webSocketOverTLS
    }

    /// Why what stands over the transport failed.
    package struct CoverFailure: Equatable, Sendable {
        package let code: ErrorCode
        package let words: String
        package let underlying: (any CodedError)?

        package init(_ error: any CodedError) {
            code = error.code
            words = error.place.isEmpty ? error.detail : "\(error.place): \(error.detail)"
            underlying = error
        }

        package static func == (left: CoverFailure, right: CoverFailure) -> Bool {
            left.code == right.code && left.words == right.words
        }

        /// Whether another attempt meets the same: nothing is wrong with a server.
        var isOurs: Bool { code == .tlsUnavailable || code == .invalidTLSConfiguration }
    }

    package enum SecuredAction: Equatable, Sendable {
        /// INFO is to come.
        case wait
        /// Make the credentials for the nonce of the INFO that came in the clear, and say
        /// `authenticated`.
        case authenticate
        case ignore
    }

    package enum OpenedAction: Equatable, Sendable {
        /// INFO is to come.
        case wait
        /// Cover the connection before anything is said.
        case secure
        case close(CloseReason)
    }

    /// The transport stands.
    package mutating func opened() -> OpenedAction {
        guard phase == .awaitingInfo, !isCovered else { return .wait }
        switch configuration.carrier {
        case .plain:
            guard configuration.security == .first else { return .wait }
        case .webSocket:
            guard configuration.security == .onDemand else {
                close()
                return .close(.tlsNotOffered)
            }
        case .webSocketOverTLS: break
        }
        phase = .securing
        return .secure
    }

    /// What INFO in the clear asks for; nil: to go on as the server does.
    mutating func upgrade(_ info: ServerInfo) -> InfoAction? {
        guard !isCovered, info.requiresTLS || configuration.security != .onDemand else {
            return nil
        }
        guard info.requiresTLS || info.offersTLS else {
            close()
            return .close(.tlsNotOffered)
        }
        isUpgrade = true
        phase = .securing
        return .secure
    }

    /// The cover is in place.
    package mutating func secured() -> SecuredAction {
        guard phase == .securing else { return .ignore }
        isCovered = true
        phase = isUpgrade ? .authenticating : .awaitingInfo
        return isUpgrade ? .authenticate : .wait
    }

    /// Whether TLS came first, and the server's first words in its place.
    func isAnsweredInClear(_ reason: CloseReason) -> Bool {
        guard configuration.security == .first, configuration.carrier == .plain, !isCovered,
            case .coverFailed(let failure) = reason
        else { return false }
        return failure.code == .tlsRequired
    }

    /// What an end that the transport tells of means here.
    package func meaning(of reason: CloseReason) -> CloseReason {
        if phase == .awaitingInfo, !isCovered, reason == .peerClosed { return .closedBeforeInfo }
        guard isSecured, isBeforePong else { return reason }
        switch reason {
        case .peerClosed: return .refusedWithoutWords("it closed the connection")
        case .transportFailed(let words): return .refusedWithoutWords(words)
        default: return reason
        }
    }
}

extension ServerInfo {
    /// What is used of an INFO that came in the clear until the server says more inside TLS: no
    /// addresses, which would be somebody's wish where we go.
    var withoutAddresses: ServerInfo {
        var info = self
        info.connectURLs = []
        return info
    }

    /// What CONNECT goes by, when INFO came in the clear: the nonce, and what every server has that
    /// speaks TLS with us.
    var nonceAlone: ServerInfo {
        var info = ServerInfo()
        info.requiresTLS = requiresTLS
        info.offersTLS = offersTLS
        info.nonce = nonce
        info.supportsHeaders = true
        return info
    }
}
