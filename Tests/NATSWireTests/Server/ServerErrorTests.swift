import BridgeBytes
internal import NATSWire
internal import Testing

@Suite struct ServerErrorTests {
    /// Every kind in the server's words, whether it closes, and what to do.
    @Test(arguments: [
        ("'Stale Connection'", ServerError.Kind.staleConnection, ServerError.Remedy.reconnect),
        ("'Authorization Violation'", .authorizationViolation, .reauthenticate),
        ("'authorization violation'", .authorizationViolation, .reauthenticate),
        ("'Authentication Timeout'", .authenticationTimeout, .reauthenticate),
        ("'User Authentication Expired'", .authenticationExpired, .reauthenticate),
        ("'User Authentication Revoked'", .authenticationRevoked, .reauthenticate),
        ("'Account Authentication Expired'", .accountAuthenticationExpired, .reauthenticate),
        ("'maximum connections exceeded'", .maximumConnectionsExceeded, .reconnect),
        (
            "'maximum account active connections exceeded'", .maximumConnectionsExceeded,
            .reconnect
        ),
        (
            "'Connection throttling is active. Please try again later.'", .connectionThrottling,
            .reconnect
        ),
        ("'Secure Connection - TLS Required'", .tlsRequired, .abandonServer),
        ("'invalid client protocol'", .invalidClientProtocol, .abandonServer),
        (
            "'no responders requires headers support'", .noRespondersRequiresHeaders,
            .abandonServer
        ),
        ("'Failed Account Registration'", .failedAccountRegistration, .abandonServer),
        ("'Attempted To Connect To Route Port'", .wrongPort, .abandonServer),
        ("'Maximum Payload Violation'", .maximumPayloadViolation, .reconnect),
        ("'maximum control line exceeded'", .maximumControlLineExceeded, .reconnect),
        ("'Unknown Protocol Operation'", .unknownProtocolOperation, .reconnect),
    ])
    func closing(_ text: String, _ kind: ServerError.Kind, _ remedy: ServerError.Remedy) {
        let error = ServerError(parsing: text)
        #expect(error.kind == kind)
        #expect(error.closesConnection)
        #expect(error.remedy == remedy)
    }

    @Test(arguments: [
        ("'Invalid Subject'", ServerError.Kind.invalidSubject),
        ("'Invalid Publish Subject'", .invalidSubject),
        ("'Permissions Violation for Publish to \"a\"'", .permissionsViolation),
        ("'maximum subscriptions exceeded'", .maximumSubscriptionsExceeded),
        ("'something quite new'", .other), ("", .other), ("'", .other), ("'''", .other),
    ])
    func notClosing(_ text: String, _ kind: ServerError.Kind) {
        let error = ServerError(parsing: text)
        #expect(error.kind == kind)
        #expect(!error.closesConnection)
        #expect(error.remedy == .report)
    }

    @Test(arguments: [
        (#"s.\"x\""#, #"s."x""#), (#"s.\\x"#, #"s.\x"#), (#"s.a\u200bb"#, "s.a\u{200B}b"),
        (#"s.\U0010ffff"#, "s.\u{10FFFF}"), (#"s.\x7f\a"#, "s.\u{7F}\u{7}"), ("s.é", "s.é"),
        ("s.\\\"\u{301}x", "s.\"\u{301}x"), ("\u{301}s", "\u{301}s"),
    ])
    func `subjects are read as Go quotes them`(_ quoted: String, _ subject: String) {
        let publish = ServerError(parsing: "'Permissions Violation for Publish to \"\(quoted)\"'")
        #expect(publish.operation == .publish(subject: subject))
        let subscribe = ServerError(
            parsing: "'Permissions Violation for Subscription to \"\(quoted)\" using queue"
                + " \"q\(quoted)\"'")
        #expect(
            subscribe.operation
                == .subscribe(subject: subject, queueGroup: "q" + subject, sid: nil))
    }

    @Test(arguments: [#"s.\"#, #"s.\q""#, #"s.\u12"#, #"s.\ud800""#, "s"])
    func `what Go would not write names no subject`(_ rest: String) {
        let error = ServerError(parsing: "'Permissions Violation for Publish to \"\(rest)")
        #expect(error.operation == nil && error.kind == .permissionsViolation)
    }

    @Test func permissions() {
        func operation(_ text: String) -> ServerError.Operation? {
            ServerError(parsing: "'Permissions Violation for \(text)'").operation
        }
        #expect(operation("Publish to \"a.b\"") == .publish(subject: "a.b"))
        #expect(operation("Publish with Reply of \"r\"") == .publishWithReply(subject: "r"))
        #expect(
            operation("Subscription to \"a.>\"")
                == .subscribe(subject: "a.>", queueGroup: nil, sid: nil))
        #expect(
            operation("Subscription to \"a\" using queue \"q\"")
                == .subscribe(subject: "a", queueGroup: "q", sid: nil))
        #expect(
            operation("Subscription to \"a\" using queue \"q\" (sid \"12\")")
                == .subscribe(subject: "a", queueGroup: "q", sid: 12))
        #expect(
            operation("Subscription to \"a\" (sid \"x\"), too many tokens")
                == .subscribe(subject: "a", queueGroup: nil, sid: nil))
        #expect(operation("Subscription to a") == nil)
        #expect(operation("Subscription to \"a") == nil)
        #expect(ServerError(parsing: "'Stale Connection'").operation == nil)
    }

    @Test func wordsLoseTheirQuotes() {
        #expect(ServerError(parsing: " 'a b' ").text == "a b")
        #expect(ServerError(parsing: "a 'b' c").text == "a 'b' c")
        #expect(ServerError(parsing: "'x'").detail == "-ERR 'x'")
    }
}
