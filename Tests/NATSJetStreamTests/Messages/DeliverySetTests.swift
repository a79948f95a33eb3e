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
        #expect(set == DeliverySet())
    }
}
