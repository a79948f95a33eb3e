import BridgeBytes
import NATSBridge
import NATSCore
import NATSJetStream
import Testing

/// What every error says about its message, and what that means for the uploads.
@Suite struct MessageFateTests {
    /// Every code of the client, for a message that was published or asked with.
    private static let client: [ErrorCode: PublishOutcome] = [
        .invalidArgument: .lost, .connectionFailed: .unknown, .authorizationFailed: .unknown,
        .disconnected: .unknown, .closed: .unknown, .tooLarge: .lost, .outboxFull: .lost,
        .unusableReply: .lost,
        .noResponders: .denied, .timeout: .unknown, .cancelled: .unknown,
        .permissionDenied: .denied, .slowConsumer: .unknown, .limitExceeded: .unknown,
        .protocolViolation: .unknown,
        .serverError: .unknown,
        // An earlier connection may have carried the message.
        .tlsRequired: .unknown, .tlsRefused: .unknown, .certificateRejected: .unknown,
        .tlsUnavailable: .unknown, .invalidTLSConfiguration: .unknown,
    ]

    /// Codes of JetStream's own.
    private static let jetStream: [ErrorCode] = [
        .streamNotFound, .noStream, .jetStreamDisabled, .unavailable, .conditionFailed, .refused,
        .unexpectedAnswer, .consumerDeleted, .heartbeatMissed, .storageFull, .notSent,
    ]

    @Test(arguments: client.keys)
    func `every code of the client has an outcome`(code: ErrorCode) throws {
        let expected = try #require(Self.client[code])
        let error = BridgeError(
            publishing: NATSError(code, stage: .request, subject: "s"), correlationID: "c")
        #expect(error.code == code && error.subject == "s" && error.outcome == expected)
    }

    @Test(arguments: client.keys, PublishOutcome.allCases)
    func `what the client itself knows counts`(code: ErrorCode, outcome: PublishOutcome) {
        let error = NATSError(code, stage: .publish, outcome: outcome)
        #expect(error.publishOutcome == (code == .noResponders ? .denied : outcome))
    }

    @Test(arguments: jetStream, PublishOutcome.allCases)
    func `every code of JetStream is kept, with its outcome`(
        code: ErrorCode, outcome: PublishOutcome
    ) {
        let failure = JetStreamError(code, operation: "publish", detail: "why", outcome: outcome)
        let error = BridgeError(publishing: failure, subject: "s", correlationID: "c")
        #expect(error.code == code && error.outcome == outcome && error.detail == "why")
        let silent = JetStreamError(code, operation: "publish")
        #expect(
            BridgeError(publishing: silent, subject: "", correlationID: "").outcome == .unknown)
    }

    @Test(arguments: [
        (PublishOutcome.lost, MessageFate.Uploads.takeBack), (.denied, .takeBack),
        (.unknown, .keep), (.sent, .keep),
    ])
    func `uploads are taken back only when nobody can hold their links`(
        outcome: PublishOutcome, uploads: MessageFate.Uploads
    ) {
        let error = BridgeError(.timeout, stage: .publish)
        #expect(MessageFate.uploads(after: outcome, of: error) == uploads)
        // Who listens on the subject without the stream was given what the stream refused.
        let full = JetStreamError(
            JetStreamAPIError(code: 503, errorCode: 10_077, text: "full"), operation: "publish",
            stream: "S")
        let refusal = BridgeError(publishing: full, subject: "s", correlationID: "c")
        #expect(
            MessageFate.uploads(after: outcome, of: refusal)
                == (outcome == .lost ? .takeBack : .keep))
    }

    @Test func `only what may pass, or shrink, is tried again`() {
        func failure(_ code: ErrorCode) -> PublishRetryMachine.Failure {
            BridgeError(code, stage: .publish).publishFailure
        }
        let passing: [ErrorCode] = [
            .timeout, .disconnected, .noResponders, .outboxFull, .unavailable, .noStream,
            .jetStreamDisabled,
        ]
        for code in Self.client.keys + Self.jetStream + [.noStore, .unusableReply] {
            let expected: PublishRetryMachine.Failure =
                passing.contains(code) ? .passing : code == .tooLarge ? .tooLarge : .lasting
            #expect(failure(code) == expected, "\(code)")
        }
    }

    @Test func `the fates are sentences`() {
        #expect(
            PublishOutcome.allCases.map(MessageFate.sentence) == [
                "it has arrived", "it may have arrived", "it was not sent", "it was refused",
            ])
        #expect(MessageFate.kept(1) == "its 1 upload stays until its time to live ends")
        #expect(MessageFate.kept(2) == "its 2 uploads stay until their time to live ends")
        #expect(MessageFate.takenBack(1, left: []) == "its 1 upload was deleted")
        #expect(MessageFate.takenBack(2, left: []) == "its 2 uploads were deleted")
        #expect(
            MessageFate.takenBack(3, left: ["a", "b"])
                == "1 of its 3 uploads were deleted, and these stay until their time to live ends:"
                + " a, b")
    }
}
