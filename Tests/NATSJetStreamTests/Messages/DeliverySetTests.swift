internal import NATSJetStream
internal import TestKit
internal import Testing

@Suite struct DeliverySetTests {
    /// Beside a set of the standard library.
    @Test func itHoldsWhatASetHolds() {
        var generator = SeededGenerator("DeliverySet")
        var (set, model) = (DeliverySet(), Set<UInt64>())
        for _ in 0..<20_000 {
            let number = UInt64.random(in: 0...300, using: &generator)
            if Bool.random(using: &generator) {
                set.insert(number)
                model.insert(number)
            } else {
                let wasThere = set.remove(number)
                let wasInModel = model.remove(number) != nil
                #expect(wasThere == wasInModel)
            }
            #expect(set.isEmpty == model.isEmpty)
        }
    }

    @Test(arguments: [0, 63, 64, UInt64.max]) func anyNumberWillDo(number: UInt64) {
        var set = DeliverySet()
        let wasThere = set.remove(number)
        #expect(!wasThere)
        set.insert(number)
        set.insert(number)
        let isTaken = set.remove(number)
        #expect(isTaken)
        #expect(set.isEmpty)
    }

    /// Deliveries come in order and go nearly so, but for some that nobody ever speaks of.
    @Test func aLongRunBesideStragglersHoldsLittleMemory() {
        var generator = SeededGenerator("DeliverySet run")
        var (set, model) = (DeliverySet(), Set<UInt64>())
        for number in UInt64(0)..<200_000 {
            set.insert(number)
            model.insert(number)
            guard number >= 500, number % 10_000 != 0 else { continue }
            let spoken = number - UInt64.random(in: 0...500, using: &generator)
            let isTaken = set.remove(spoken)
            let isInModel = model.remove(spoken) != nil
            #expect(isTaken == isInModel)
        }
        // More than half of the words have somebody in them, so the ring is as large as it may be.
        #expect(set.memory < 300_000)
        for number in model.sorted() {
            let isTaken = set.remove(number)
            #expect(isTaken)
        }
        #expect(set.isEmpty)
    }

    /// A batch that is spoken of whole before the next one, as `fetch` has it.
    @Test func batchesTakeAFewHundredBytes() {
        var set = DeliverySet()
        for batch in UInt64(0)..<1000 {
            for number in batch * 500..<(batch + 1) * 500 { set.insert(number) }
            for number in batch * 500..<(batch + 1) * 500 {
                let isTaken = set.remove(number)
                #expect(isTaken)
            }
        }
        #expect(set.isEmpty)
        #expect(set.memory <= 1024)
    }
}
