import BridgeBytes
import BridgeConsole
import Testing

@Suite("Figures")
struct FiguresTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"),
    ])
    func grouped(_ value: Int, _ text: String) {
        #expect(Figures.grouped(value) == text)
    }

    @Test(arguments: [
        (1.005, 1, "1.0"), (9.96, 1, "10.0"), (0.05, 2, "0.05"), (-0.001, 2, "0.00"),
        (-2.5, 1, "-2.5"), (1999.999, 0, "2,000"), (12_345.678, 2, "12,345.68"),
    ])
    func fixed(_ value: Double, _ decimals: Int, _ text: String) {
        #expect(Figures.fixed(value, decimals) == text)
    }

    @Test(arguments: [(0, "0 B"), (999, "999 B"), (9400, "9.40 KB"), (520_000_000, "520 MB")])
    func bytes(_ count: Int, _ text: String) {
        #expect(Figures.bytes(count) == text)
    }

    @Test func times() {
        #expect(Figures.time(.microseconds(182)) == "182 µs")
        #expect(Figures.time(.microseconds(4100)) == "4.10 ms")
        #expect(Figures.time(.milliseconds(12_340)) == "12.3 s")
        #expect(Figures.rate(500_000_000, in: .milliseconds(500)) == "1.00 GB/s")
        #expect(Figures.rate(1, in: .zero) == "–")
    }
}
