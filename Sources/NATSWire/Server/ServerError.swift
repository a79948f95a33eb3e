public import BridgeBytes

/// What a server says in `-ERR`.
public struct ServerError: CodedError, Hashable {
    /// The kinds of complaint that servers have; `code` tells them in fewer words.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// `Stale Connection`: PINGs were not answered.
        case staleConnection
        /// `Authorization Violation`: the credentials are refused.
        case authorizationViolation
        /// `Authentication Timeout`: CONNECT came too late.
        case authenticationTimeout
        /// `User Authentication Expired`: the credentials were good for a time that is over.
        case authenticationExpired
        /// `User Authentication Revoked`: the credentials were withdrawn.
        case authenticationRevoked
        /// `Account Authentication Expired`: the account's time is over.
        case accountAuthenticationExpired
        /// `Maximum Connections Exceeded`, of the server or of the account.
        case maximumConnectionsExceeded
        /// `Connection throttling is active`: try again later.
        case connectionThrottling
        /// `Secure Connection - TLS Required`.
        case tlsRequired
        /// `Invalid Client Protocol` in CONNECT.
        case invalidClientProtocol
        /// `No responders requires headers support` in CONNECT.
        case noRespondersRequiresHeaders
        /// `Failed Account Registration`.
        case failedAccountRegistration
        /// `Attempted To Connect To Route Port`, or to another port that is not for clients.
        case wrongPort
        /// `Maximum Payload Violation`: a message larger than `max_payload`.
        case maximumPayloadViolation
        /// `Maximum Control Line Exceeded`: a line of the protocol that is too long.
        case maximumControlLineExceeded
        /// `Unknown Protocol Operation`.
        case unknownProtocolOperation
        /// `Invalid Subject`, in a message or a subscription.
        case invalidSubject
        /// `Permissions Violation`: the subject is forbidden.
        case permissionsViolation
        /// `Maximum Subscriptions Exceeded`, of the account.
        case maximumSubscriptionsExceeded
        /// `Slow Consumer`: this client read too slowly.
        case slowConsumer
        /// Words that are not known here.
        case other
    }

    /// What the client should do.
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
        /// Publishing to this subject.
        case publish(subject: String)
        /// Publishing with this subject for the answer.
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

    /// What kind of failure the complaint is.
    public var code: ErrorCode {
        switch kind {
        case .staleConnection: .disconnected
        case .authorizationViolation, .accountAuthenticationExpired: .authorizationFailed
        case .authenticationTimeout: .authenticationTimeout
        case .authenticationExpired: .credentialsExpired
        case .authenticationRevoked: .credentialsRevoked
        case .maximumConnectionsExceeded, .connectionThrottling, .maximumSubscriptionsExceeded,
            .maximumControlLineExceeded:
            .limitExceeded
        case .tlsRequired: .tlsRequired
        case .invalidClientProtocol, .noRespondersRequiresHeaders, .unknownProtocolOperation:
            .protocolViolation
        case .wrongPort: .connectionFailed
        case .maximumPayloadViolation: .tooLarge
        case .invalidSubject: .invalidArgument
        case .permissionsViolation: .permissionDenied
        case .slowConsumer: .slowConsumer
        case .failedAccountRegistration, .other: .serverError
        }
    }

    /// Always `server`: the words are the server's own.
    public var stageName: String { "server" }

    /// The subject that the server names; empty when it names none.
    public var place: String {
        switch operation {
        case .publish(let subject), .publishWithReply(let subject): subject
        case .subscribe(let subject, _, _): subject
        case nil: ""
        }
    }

    /// The server's words.
    public var detail: String { "-ERR '\(text)'" }

    /// Whether the server closes the connection after these words. An unknown complaint is
    /// taken as one that does not: if the server closes, we shall see it.
    public var closesConnection: Bool {
        switch kind {
        case .invalidSubject, .permissionsViolation, .maximumSubscriptionsExceeded, .other: false
        default: true
        }
    }

    /// What the client should do.
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
        if text.holds("for Publish with Reply of ") {
            return .publishWithReply(subject: subject)
        }
        if text.holds("for Publish to ") { return .publish(subject: subject) }
        guard text.holds("for Subscription to ") else { return nil }
        let sid = quoted(after: "(sid \"", in: text).flatMap { Decimal.parse(Array($0.utf8).span) }
        return .subscribe(
            subject: subject, queueGroup: quoted(after: "using queue \"", in: text), sid: sid)
    }

    private static func quoted(after mark: String, in text: Substring) -> String? {
        // By bytes: a character that joins the quote before it must not hide that.
        guard let start = text.firstPlace(of: mark)?.upperBound else { return nil }
        return GoQuotedText.read(text.unicodeScalars[start...])
    }
}

extension ErrorCode {
    /// The server reported an error that has no name of its own here.
    public static let serverError = ErrorCode(rawValue: "server_error")
}
