/// What the library's numbers mean. Numbers, not words: those differ between versions.
extension TLSError {
    // Reasons of the part for TLS.
    private static let certificateRefused = 134
    private static let plainRequests: Set<Int> = [155, 156, 267]
    private static let noCommonProtocolReason = 235
    private static let unexpectedEnd = 294
    /// Alerts of the peer: this and the alert's number.
    private static let firstAlert = 1000

    /// - Parameter verification: What became of the peer's certificate: number and words.
    init(
        _ failure: LibraryFailure, _ stage: Stage, place: String, hasReceivedEnd: Bool,
        verification: (number: Int, words: String)
    ) {
        let isTLS = failure.part == LibraryFailure.tls
        switch failure.reason {
        case Self.certificateRefused where isTLS && verification.number != 0:
            self.init(
                .certificate(number: verification.number), stage, place: place,
                "the certificate was refused: \(verification.words)"
                    + " (number \(verification.number))")
        case let reason where isTLS && reason >= Self.firstAlert:
            let number = reason - Self.firstAlert
            self.init(
                .alert(number: number), stage, place: place,
                "the peer refused: \(Self.words(ofAlert: number))")
        case let reason where isTLS && Self.plainRequests.contains(reason):
            self.init(.notTLS, stage, place: place, "what answers does not speak TLS")
        case Self.noCommonProtocolReason where isTLS:
            self.init(.noCommonProtocol, stage, place: place, failure.words)
        case Self.unexpectedEnd where isTLS, 0 where hasReceivedEnd:
            self.init(
                stage == .handshake ? .endedInHandshake : .truncated, stage, place: place,
                stage == .handshake
                    ? "the peer closed the connection in the handshake"
                    : "the connection ended without the peer's closing words")
        default:
            self.init(isTLS ? .protocolViolation : .library, stage, place: place, failure.words)
        }
    }

    /// The name of an alert (RFC 8446, 6) with its number.
    private static func words(ofAlert number: Int) -> String {
        alerts[number].map { "\($0) (alert \(number))" } ?? "alert \(number)"
    }

    private static let alerts: [Int: String] = [
        10: "unexpected message", 20: "bad record", 22: "record too long",
        40: "handshake failure, perhaps a certificate is required", 42: "bad certificate",
        43: "unsupported certificate", 44: "certificate revoked", 45: "certificate expired",
        46: "certificate unknown", 47: "illegal parameter", 48: "unknown authority",
        49: "access denied", 50: "decode error", 51: "decrypt error", 70: "protocol version",
        71: "insufficient security", 80: "internal error", 86: "inappropriate fallback",
        90: "user cancelled", 109: "missing extension", 110: "unsupported extension",
        112: "unrecognised name", 116: "certificate required",
        120: "no common application protocol",
    ]
}
