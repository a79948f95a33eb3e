public import BridgeBytes

/// Why there is no TLS, or no longer: the library, the configuration, a certificate, the peer.
///
/// Holds no secret and no key; what it says of a certificate is what the peer sent to everybody.
public struct TLSError: CodedError, Hashable {
    /// What went wrong.
    public enum Reason: Sendable, Hashable {
        /// OpenSSL 3 cannot be loaded, or is not whole.
        case libraryMissing
        /// A certificate, a key or an option of ours cannot be used.
        case configuration
        /// The peer's certificate was refused, for the reason of this number
        /// (`X509_V_ERR_…` of OpenSSL), such as 10: expired.
        case certificate(number: Int)
        /// The peer refused, and said so with this alert (RFC 8446, 6.2), such as 116: a
        /// certificate is required.
        case alert(number: Int)
        /// The peer answers, and not in TLS.
        case notTLS
        /// The peer speaks none of the protocols that were asked for (ALPN).
        case noCommonProtocol
        /// The transport ended in the middle of the handshake.
        case endedInHandshake
        /// The transport ended, and the peer had not said that it would: what came may not be
        /// all.
        case truncated
        /// A record or a message of the handshake breaks the rules.
        case protocolViolation
        /// The library failed for a reason of its own.
        case library
    }

    /// The step in which it happened.
    public enum Stage: String, Sendable, Hashable {
        /// Loading the library.
        case load
        /// Reading certificates and keys.
        case configure
        /// Making the connection safe.
        case handshake
        /// Sending and receiving.
        case transfer
        /// Making or checking a signature or a digest.
        case digest
    }

    /// What went wrong.
    public let reason: Reason
    /// The step that failed.
    public let stage: Stage
    /// The name that the certificate had to be for, or a file; empty when there is none.
    public let place: String
    /// A sentence for people.
    public let detail: String

    package init(_ reason: Reason, _ stage: Stage, place: String = "", _ detail: String) {
        self.reason = reason
        self.stage = stage
        self.place = place
        self.detail = detail
    }

    /// The kind of failure, by the same name in every layer.
    public var code: ErrorCode {
        switch reason {
        case .libraryMissing: .tlsUnavailable
        case .configuration: .invalidTLSConfiguration
        case .certificate: .certificateRejected
        case .alert, .endedInHandshake, .noCommonProtocol: .tlsRefused
        case .notTLS: .tlsRequired
        case .truncated: .disconnected
        case .protocolViolation: .protocolViolation
        case .library: .systemError
        }
    }

    /// The step that failed.
    public var stageName: String { "tls_\(stage.rawValue)" }

    package func about(_ place: String) -> TLSError {
        TLSError(reason, stage, place: place, detail)
    }
}
