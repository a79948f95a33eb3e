import BridgeSockets
import Testing

@Suite struct DeliveryMachineTests {
    @Test func `a batch wakes a waiting consumer once`() {
        var machine = DeliveryMachine(limits: DeliveryLimits(maxCount: 10, maxWeight: 100))
        #expect(machine.batchWanted(next: nil) == .wait)
        #expect(
            machine.batchYielded(count: 1, weight: 5) == .keep(wakesConsumer: true, continues: true)
        )
        #expect(
            machine.batchYielded(count: 1, weight: 5)
                == .keep(wakesConsumer: false, continues: true))
    }

    @Test func `the producer pauses at either limit and resumes at half of both`() {
        var machine = DeliveryMachine(limits: DeliveryLimits(maxCount: 4, maxWeight: 100))
        #expect(
            machine.batchYielded(count: 3, weight: 3)
                == .keep(wakesConsumer: false, continues: true)
        )
        #expect(
            machine.batchYielded(count: 1, weight: 96)
                == .keep(wakesConsumer: false, continues: false))
        #expect(machine.batchWanted(next: (3, 3)) == .take(resumesProducer: false))
        #expect(machine.batchWanted(next: (1, 96)) == .take(resumesProducer: true))
        #expect(machine.count == 0 && machine.weight == 0)
    }

    @Test func `what was added before the end is still delivered`() {
        var machine = DeliveryMachine(limits: DeliveryLimits(maxCount: 4, maxWeight: 100))
        _ = machine.batchYielded(count: 1, weight: 1)
        #expect(machine.producerFinished() == false)
        #expect(machine.batchYielded(count: 1, weight: 1) == .drop)
        #expect(machine.batchWanted(next: (1, 1)) == .take(resumesProducer: false))
        #expect(machine.batchWanted(next: nil) == .end)
        #expect(machine.phase == .over)
    }

    @Test func `the end wakes a waiting consumer`() {
        var machine = DeliveryMachine(limits: DeliveryLimits(maxCount: 4, maxWeight: 100))
        #expect(machine.batchWanted(next: nil) == .wait)
        #expect(machine.producerFinished() == true)
        #expect(machine.producerFinished() == false)
    }

    @Test func `cancellation frees a paused producer`() {
        var machine = DeliveryMachine(limits: DeliveryLimits(maxCount: 1, maxWeight: 100))
        _ = machine.batchYielded(count: 1, weight: 1)
        #expect(machine.consumerCancelled() == true)
        #expect(machine.batchYielded(count: 1, weight: 1) == .drop)
        #expect(machine.batchWanted(next: nil) == .end)
    }
}
