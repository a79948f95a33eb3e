internal import BridgeBytes

/// What a server says in `-ERR`.
public struct ServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of complaint; the raw values are stable and fit for logs and metrics.
    public enum Kind: String, Sendable, CaseIterable {
        case staleConnection = "stale_connection"
        case authorizationViolation = "authorization_violation"
        case authenticationTimeout = "authentication_timeout"
        case authenticationExpired = "authentication_expired"
        case authenticationRevoked = "authentication_revoked"
        case accountAuthenticationExpired = "account_authentication_expired"
        case maximumConnectionsExceeded = "maximum_connections_exceeded"
        case connectionThrottling = "connection_throttling"
        case tlsRequired = "tls_required"
        case invalidClientProtocol = "invalid_client_protocol"
        case noRespondersRequiresHeaders = "no_responders_requires_headers"
        case failedAccountRegistration = "failed_account_registration"
        case wrongPort = "wrong_port"
        case maximumPayloadViolation = "maximum_payload_violation"
        case maximumControlLineExceeded = "maximum_control_line_exceeded"
        case unknownProtocolOperation = "unknown_protocol_operation"
        case invalidSubject = "invalid_subject"
        case permissionsViolation = "permissions_violation"
        case maximumSubscriptionsExceeded = "maximum_subscriptions_exceeded"
        case slowConsumer = "slow_consumer"
        case other
    }

    /// What the client had better do.
    public enum Remedy: Sendable, Hashable {
        /// Nothing is lost but the operation at fault.
        case report
        /// Try again, here or elsewhere.
        case reconnect
        /// Try again; after the same answer twice, leave this server alone.
        case reauthenticate
        /// This server, or this configuration, will never work.
        case abandonServer
    }

    /// The operation that a permission was missing for.
    public enum Operation: Sendable, Hashable {
        case publish(subject: String)
        case publishWithReply(subject: String)
        /// `sid` only when the server names it; then it says exactly which subscription is dead.
        case subscribe(subject: String, queueGroup: String?, sid: Int?)
    }

    /// What kind of complaint it is.
    public let kind: Kind
    /// The server's words without their quotes.
    public let text: String
    /// Set when the kind is `permissionsViolation` and the text follows the known form.
    public let operation: Operation?

    private static let prefixes: [(String, Kind)] = [
        ("stale connection", .staleConnection),
        ("authorization violation", .authorizationViolation),
        ("authentication timeout", .authenticationTimeout),
        ("user authentication expired", .authenticationExpired),
        ("user authentication revoked", .authenticationRevoked),
        ("account authentication expired", .accountAuthenticationExpired),
        ("maximum connections exceeded", .maximumConnectionsExceeded),
        ("maximum account active connections exceeded", .maximumConnectionsExceeded),
        ("connection throttling is active", .connectionThrottling),
        ("secure connection - tls required", .tlsRequired),
        ("invalid client protocol", .invalidClientProtocol),
        ("no responders requires headers support", .noRespondersRequiresHeaders),
        ("failed account registration", .failedAccountRegistration),
        ("attempted to connect to route port", .wrongPort),
        ("attempted to connect to leaf", .wrongPort),
        ("attempted to connect to gateway", .wrongPort),
        ("attempted to connect to wrong port", .wrongPort),
        ("maximum payload violation", .maximumPayloadViolation),
        ("maximum control line exceeded", .maximumControlLineExceeded),
        ("unknown protocol operation", .unknownProtocolOperation),
        ("parser error", .unknownProtocolOperation),
        ("invalid subject", .invalidSubject),
        ("invalid publish subject", .invalidSubject),
        ("permissions violation", .permissionsViolation),
        ("maximum subscriptions exceeded", .maximumSubscriptionsExceeded),
        ("slow consumer", .slowConsumer),
    ]

    /// Reads the text of an `-ERR`: quotes stripped, case ignored, compared by prefix, since
    /// servers add details at the end.
    public init(parsing text: String) {
        var words = Substring(text)
        while let first = words.first, first == "'" || first == " " { words.removeFirst() }
        while let last = words.last, last == "'" || last == " " { words.removeLast() }
        let lowered = words.lowercased()
        let kind = Self.prefixes.first { lowered.hasPrefix($0.0) }?.1 ?? .other
        self.kind = kind
        self.text = String(words)
        operation = kind == .permissionsViolation ? Self.operation(in: words) : nil
    }

    public var description: String { "-ERR '\(text)'" }

    /// Whether the server closes the connection after these words. An unknown complaint is
    /// taken as one that does not: if the server closes, we shall see it.
    public var closesConnection: Bool {
        switch kind {
        case .invalidSubject, .permissionsViolation, .maximumSubscriptionsExceeded, .other: false
        default: true
        }
    }

    /// What the client had better do.
    public var remedy: Remedy {
        switch kind {
        case .invalidSubject, .permissionsViolation, .maximumSubscriptionsExceeded, .other:
            .report
        case .staleConnection, .maximumConnectionsExceeded, .connectionThrottling,
            .maximumPayloadViolation, .maximumControlLineExceeded, .unknownProtocolOperation,
            .slowConsumer:
            .reconnect
        case .authorizationViolation, .authenticationTimeout, .authenticationExpired,
            .authenticationRevoked, .accountAuthenticationExpired:
            .reauthenticate
        case .tlsRequired, .invalidClientProtocol, .noRespondersRequiresHeaders,
            .failedAccountRegistration, .wrongPort:
            .abandonServer
        }
    }

    /// `Permissions Violation for Subscription to "x" using queue "q" (sid "4")` and its kin.
    private static func operation(in text: Substring) -> Operation? {
        guard let subject = quoted(after: "to \"", in: text) ?? quoted(after: "of \"", in: text)
        else { return nil }
        if text.contains("for Publish with Reply of ") {
            return .publishWithReply(subject: subject)
        }
        if text.contains("for Publish to ") { return .publish(subject: subject) }
        guard text.contains("for Subscription to ") else { return nil }
        let sid = quoted(after: "(sid \"", in: text).flatMap { Decimal.parse(Array($0.utf8).span) }
        return .subscribe(
            subject: subject, queueGroup: quoted(after: "using queue \"", in: text), sid: sid)
    }

    private static func quoted(after mark: String, in text: Substring) -> String? {
        guard let start = text.firstRange(of: mark)?.upperBound,
            let end = text[start...].firstIndex(of: "\"")
        else { return nil }
        return String(text[start..<end])
    }
}
