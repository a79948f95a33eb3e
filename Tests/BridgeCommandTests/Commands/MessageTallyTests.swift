import BridgeBytes
import BridgeCommand
import BridgeConsole
import Testing

@Suite("Message tally")
struct MessageTallyTests {
    private func failure(_ exit: ExitCode, _ code: String) -> CommandFailure {
        CommandFailure(exit, code: ErrorCode(rawValue: code), stage: "decode", detail: "no good")
    }

    @Test func `nothing that came is no failure`() {
        let tally = MessageTally()
        #expect(tally.exit == .ok && tally.summary() == nil && tally.messages == 0)
    }

    @Test func `when none could be used, the first failure decides`() {
        let tally = MessageTally()
        #expect(tally.count(failure(.notFound, "gone")) == 1)
        #expect(tally.count(failure(.integrity, "damaged")) == 2)
        #expect(tally.exit == .notFound)
        #expect(
            tally.summary()
                == "natsbridge: 2 of 2 messages could not be used; the first failure was gone,"
                + " exit code 4")
    }

    @Test func `one that could be used is a success, and failures are counted`() {
        let tally = MessageTally()
        tally.count(failure(.integrity, "damaged"))
        #expect(tally.count(nil) == 2)
        #expect(tally.exit == .ok)
        #expect(
            tally.summary()
                == "natsbridge: 1 of 2 messages could not be used; the first failure was damaged")
    }

    @Test func `losses are no messages, but failures`() {
        let tally = MessageTally()
        tally.countLoss(failure(.notFound, "messages_lost"), count: 1200)
        tally.countLoss(failure(.notFound, "messages_lost"), count: nil)
        #expect(tally.messages == 0 && tally.exit == .notFound)
        #expect(tally.summary()?.contains("1,200 messages are missing in 2 places") == true)
        tally.count(nil)
        #expect(tally.exit == .ok)
    }

    @Test func `the code of another end is not the tally's to tell`() {
        let tally = MessageTally()
        tally.countLoss(failure(.notFound, "messages_lost"), count: 1)
        let sentence = "natsbridge: 1 message is missing in 1 place; the first failure was"
        #expect(tally.summary() == "\(sentence) messages_lost, exit code 4")
        #expect(tally.summary(decides: false) == "\(sentence) messages_lost")
    }
}
