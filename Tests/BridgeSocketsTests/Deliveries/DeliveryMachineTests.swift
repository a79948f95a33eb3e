import BridgeSockets
import TestKit
import Testing

@Suite struct DeliveryMachineTests {
    private static func machine(
        _ overflow: DeliveryOverflow = .pause, count: Int = 4, weight: Int = 100
    ) -> DeliveryMachine {
        DeliveryMachine(
            limits: DeliveryLimits(maxCount: count, maxWeight: weight, overflow: overflow))
    }

    private static func some(_ count: Int, _ weight: Int) -> DeliveryGap {
        DeliveryGap(count: count, weight: weight)
    }

    @Test func `a batch is handed to a waiting consumer once`() {
        var machine = Self.machine()
        #expect(machine.itemWanted(isEmpty: true) == .wait)
        #expect(machine.batchYielded(Self.some(1, 5)) == .handOver)
        #expect(machine.batchYielded(Self.some(1, 5)) == .keep)
        #expect(machine.taken == Self.some(1, 5))
    }

    @Test func `a wait is taken by the batch or by the time, whichever comes first`() {
        var machine = Self.machine()
        #expect(machine.consumerTimedOut() == false)
        #expect(machine.itemWanted(isEmpty: true) == .wait)
        #expect(machine.consumerTimedOut() == true)
        #expect(machine.consumerTimedOut() == false)
        #expect(machine.batchYielded(Self.some(1, 5)) == .keep)
        #expect(machine.batchAdded(kept: Self.some(1, 5)) == .accepted)
        #expect(machine.itemWanted(isEmpty: false) == .take)
        #expect(machine.itemTaken(Self.some(1, 5)) == false)
        #expect(machine.itemWanted(isEmpty: true) == .wait)
        #expect(machine.batchYielded(Self.some(1, 5)) == .handOver)
        #expect(machine.consumerTimedOut() == false)
        #expect(machine.phase == .open)
    }

    @Test func `the producer pauses at either limit and resumes at half of both`() {
        var machine = Self.machine()
        #expect(machine.batchAdded(kept: Self.some(3, 3)) == .accepted)
        #expect(machine.batchAdded(kept: Self.some(1, 96)) == .pause)
        #expect(machine.itemWanted(isEmpty: false) == .take)
        #expect(machine.itemTaken(Self.some(3, 3)) == false)
        #expect(machine.itemTaken(Self.some(1, 96)) == true)
        #expect(machine.count == 0 && machine.weight == 0)
    }

    @Test func `what was added before the end is still delivered`() {
        var machine = Self.machine()
        #expect(machine.batchAdded(kept: Self.some(1, 1)) == .accepted)
        #expect(machine.producerFinished() == false)
        #expect(machine.batchYielded(Self.some(1, 1)) == .drop)
        #expect(machine.itemWanted(isEmpty: false) == .take)
        #expect(machine.itemWanted(isEmpty: true) == .end)
        #expect(machine.phase == .over)
    }

    @Test func `the end wakes a waiting consumer`() {
        var machine = Self.machine()
        #expect(machine.itemWanted(isEmpty: true) == .wait)
        #expect(machine.producerFinished() == true)
        #expect(machine.phase == .over)
        #expect(machine.producerFinished() == false)
    }

    @Test func `cancellation frees a paused producer`() {
        var machine = Self.machine(count: 1)
        #expect(machine.batchAdded(kept: Self.some(1, 1)) == .pause)
        #expect(machine.consumerCancelled() == true)
        #expect(machine.batchYielded(Self.some(1, 1)) == .drop)
        #expect(machine.itemWanted(isEmpty: true) == .end)
    }

    @Test func `an episode of dropping is told once and ends at half`() {
        var machine = Self.machine(.dropOldest)
        #expect(machine.batchAdded(kept: Self.some(4, 4)) == .accepted)
        let one = Self.some(1, 1)
        #expect(machine.batchAdded(kept: one, displaced: one) == .beganDropping)
        #expect(machine.batchAdded(kept: one, displaced: one) == .accepted)
        #expect(machine.dropped == Self.some(2, 2) && machine.count == 4)
        #expect(machine.itemTaken(Self.some(2, 2)) == false)
        #expect(machine.batchAdded(kept: one, refused: one) == .beganDropping)
    }

    @Test func `failing is the end after what waits`() {
        var machine = Self.machine(.fail)
        #expect(
            machine.batchAdded(kept: Self.some(1, 1), refused: Self.some(5, 5)) == .failed)
        #expect(machine.batchYielded(Self.some(1, 1)) == .drop)
        #expect(machine.itemWanted(isEmpty: false) == .take)
        #expect(machine.itemWanted(isEmpty: true) == .end)
    }

    @Test func `an open gap is handed to a waiting consumer once`() {
        var machine = Self.machine()
        #expect(machine.gapYielded() == .keep)
        #expect(machine.itemWanted(isEmpty: true) == .wait)
        #expect(machine.gapYielded() == .handOver)
        #expect(machine.gapYielded() == .keep)
        #expect(machine.consumerTimedOut() == false)
        #expect(machine.producerFinished() == false)
        #expect(machine.gapYielded() == .drop)
    }

    @Test func `a paused producer that sheds drops until half was taken, then pauses again`() {
        var machine = Self.machine()
        #expect(machine.sheddingBegan() == false && machine.overflow == .pause)
        #expect(machine.batchAdded(kept: Self.some(4, 4)) == .pause)
        #expect(machine.sheddingBegan() == true && machine.overflow == .dropNewest)
        #expect(machine.sheddingBegan() == false && machine.isPaused == false)
        // The episode has been told by shedding.
        #expect(machine.batchAdded(kept: .init(), refused: Self.some(2, 2)) == .accepted)
        #expect(machine.itemTaken(Self.some(1, 1)) == false)
        #expect(machine.overflow == .dropNewest)
        #expect(machine.itemTaken(Self.some(1, 1)) == false)
        #expect(machine.overflow == .pause && machine.dropped == Self.some(2, 2))
        #expect(machine.batchAdded(kept: Self.some(2, 2)) == .pause)
        #expect(machine.consumerCancelled() == true)
        #expect(machine.sheddingBegan() == false)
    }

    @Test func `what is put back counts as waiting again, until the end`() {
        var machine = Self.machine()
        #expect(machine.batchAdded(kept: Self.some(3, 30)) == .accepted)
        #expect(machine.itemTaken(Self.some(3, 30)) == false)
        #expect(machine.putBack(Self.some(2, 20)) == true)
        #expect(machine.taken == Self.some(1, 10) && machine.count == 2 && machine.weight == 20)
        #expect(machine.producerFinished() == false)
        #expect(machine.putBack(Self.some(1, 10)) == true)
        #expect(machine.consumerCancelled() == false)
        #expect(machine.putBack(Self.some(1, 10)) == false)
    }
}
