import BridgeBytes
import Testing

@Suite struct SystemGeneratorTests {
    @Test("It has a place in memory, counts what it draws, and does not repeat itself")
    func draws() {
        var generator = SystemGenerator()
        let drawn = (0..<1000).map { _ in generator.next() }
        #expect(MemoryLayout<SystemGenerator>.size > 0)
        #expect(generator.draws == 1000)
        // Two equal ones among a thousand of 64 bits come once in 37 million million runs.
        #expect(Set(drawn).count == 1000)
    }
}
