import NATSBridge
import NATSCore
import NATSJetStream
import Testing

/// What every error says about its message, and what that means for the uploads.
@Suite struct MessageFateTests {
    /// Every code of the client, for a message that was published or asked with.
    private static let client: [NATSError.Code: PublishOutcome] = [
        .invalidArgument: .lost, .connectionFailed: .unknown, .authorizationFailed: .unknown,
        .disconnected: .unknown, .closed: .unknown, .payloadTooLarge: .lost, .outboxFull: .lost,
        .noReplySubject: .lost,
        .noResponders: .denied, .timeout: .unknown, .cancelled: .unknown,
        .permissionDenied: .denied, .slowConsumer: .unknown, .limitExceeded: .unknown,
        .protocolViolation: .unknown,
        .serverError: .unknown,
    ]

    @Test(arguments: NATSError.Code.allCases)
    func `every code of the client has an outcome`(code: NATSError.Code) throws {
        let expected = try #require(Self.client[code])
        let error = BridgeError(
            publishing: NATSError(code, stage: .request, subject: "s"), correlationID: "c")
        #expect(error.code == code.rawValue && error.subject == "s" && error.outcome == expected)
    }

    @Test(arguments: NATSError.Code.allCases, PublishOutcome.allCases)
    func `what the client itself knows counts`(code: NATSError.Code, outcome: PublishOutcome) {
        let error = NATSError(code, stage: .publish, outcome: outcome)
        #expect(error.publishOutcome == (code == .noResponders ? .denied : outcome))
    }

    @Test(arguments: JetStreamError.Code.allCases, PublishOutcome.allCases)
    func `every code of JetStream is kept, with its outcome`(
        code: JetStreamError.Code, outcome: PublishOutcome
    ) {
        let failure = JetStreamError(code, operation: "publish", detail: "why", outcome: outcome)
        let error = BridgeError(publishing: failure, subject: "s", correlationID: "c")
        #expect(error.code == code.rawValue && error.outcome == outcome && error.detail == "why")
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
        #expect(MessageFate.uploads(after: outcome) == uploads)
    }

    @Test func `only what may pass, or shrink, is tried again`() {
        func failure(_ code: String) -> PublishRetryMachine.Failure {
            BridgeError(code, stage: .publish).publishFailure
        }
        let passing = ["timeout", "disconnected", "no_responders", "outbox_full", "unavailable"]
        let tooLarge = ["payload_too_large", "message_too_large"]
        let codes =
            NATSError.Code.allCases.map(\.rawValue) + JetStreamError.Code.allCases.map(\.rawValue)
            + [BridgeError.Code.closed, BridgeError.Code.cancelled, BridgeError.Code.noStore]
        for code in codes {
            let expected: PublishRetryMachine.Failure =
                passing.contains(code) ? .passing : tooLarge.contains(code) ? .tooLarge : .lasting
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
