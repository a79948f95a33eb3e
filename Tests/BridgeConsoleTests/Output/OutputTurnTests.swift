import BridgeBytes
import BridgeConsole
import TestKit
import Testing

@Suite struct OutputTurnTests {
    @Test func `one has the turn, and who cannot wait goes without`() {
        let turn = OutputTurn()
        #expect(turn.take() && turn.isTaken)
        #expect(!turn.take(within: .zero) && !turn.take(within: .milliseconds(1)))
        turn.give()
        #expect(!turn.isTaken && turn.take(within: .zero))
        turn.give()
        #expect(!turn.isTaken)
    }

    @Test func `remarks wait for the end of a line in pieces, and for nothing else`() {
        let turn = OutputTurn()
        let remark = Bytes(utf8: "x\n")
        #expect(turn.take() && !turn.hold(remark))
        #expect(turn.open() && !turn.open() && turn.isOpen)
        #expect(turn.hold(remark) && turn.hold(remark))
        #expect(turn.close() == [remark, remark] && !turn.isOpen && turn.isTaken)
        turn.give()
    }

    @Test func `those who wait get it one after the other, and nobody twice`() async {
        final class Count: Sendable {
            let turn = OutputTurn()
            // Sound: read and written by whoever has the turn, and when all threads have ended.
            nonisolated(unsafe) var value = 0
        }
        let count = Count()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    await onThread {
                        for _ in 0..<500 {
                            guard count.turn.take(within: .seconds(60)) else { return }
                            // Sound: whoever has the turn is alone.
                            unsafe count.value += 1
                            count.turn.give()
                        }
                    }
                }
            }
        }
        // Sound: all threads have ended.
        #expect(unsafe count.value == 8000)
        #expect(!count.turn.isTaken)
    }
}
