import BridgeBytes
import BridgeConsole
import BridgeTLS
import NATSCore
import Testing

@Suite struct CommandFailureTests {
    @Test func `an error line holds what a person needs, on one line`() {
        let failure = CommandFailure(
            .connection, code: .refused, stage: "connect", target: "nats://h:4222",
            correlationID: "abc", detail: "no\nserver", hint: "is it running?")
        #expect(
            failure.line == "natsbridge: connect nats://h:4222: no server (refused)"
                + " [correlation abc]; is it running?")
    }

    @Test(arguments: [
        (TLSError.Reason.certificate(number: 20), "--tlsca"),
        (.certificate(number: 10), "a new certificate"),
        (.certificate(number: 62), "the certificate is for"),
        (.certificate(number: 64), "the certificate is for"), (.alert(number: 116), "--tlscert"),
        (.notTLS, "--tlsfirst"), (.libraryMissing, "libssl3"),
    ])
    func `what helps against a failure of TLS is said, and nothing else`(
        _ reason: TLSError.Reason, _ word: String
    ) throws {
        let cause = TLSError(reason, .handshake, place: "h", "why")
        let failure = CommandFailure(
            NATSError(cause.code, stage: .connect, detail: "why", underlying: cause))
        #expect(failure.hint?.contains(word) == true, "\(failure.line)")
        #expect(failure.hint?.contains("--tlsca") == (reason == .certificate(number: 20)))
    }
}
