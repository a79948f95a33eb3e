import BridgeBytes
import BridgeConsole
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
}
