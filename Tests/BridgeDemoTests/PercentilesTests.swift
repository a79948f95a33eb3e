import BridgeDemo
import Testing

@Suite struct PercentilesTests {
    @Test func `percentiles are by nearest rank`() {
        let samples = (1...100).reversed().map { Duration.milliseconds($0) }
        let percentiles = Percentiles(samples)
        #expect(percentiles.value(at: 0.5) == .milliseconds(50))
        #expect(percentiles.value(at: 0.99) == .milliseconds(99))
        #expect(percentiles.value(at: 1) == .milliseconds(100))
        #expect(percentiles.value(at: 0) == .milliseconds(1))
        #expect(Percentiles([]).value(at: 0.5) == nil)
    }
}
