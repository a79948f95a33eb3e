import BridgeBytes
import TestKit
import Testing

@Suite struct DecimalTests {
    private func parse(_ text: String) -> Int? { Decimal.parse(Array(text.utf8).span) }

    @Test("Numbers up to the greatest, and not one more")
    func limits() {
        #expect(parse("0") == 0)
        #expect(parse("007") == 7)
        #expect(parse("9223372036854775807") == Int.max)
        #expect(parse("9223372036854775808") == nil)
        #expect(parse("92233720368547758070") == nil)
        #expect(parse(String(repeating: "9", count: 400)) == nil)
    }

    @Test(
        "Anything but digits is refused",
        arguments: ["", " 1", "1 ", "+1", "-1", "0x1", "1_0", "1.0", "٣", "1\u{0}"])
    func refused(text: String) { #expect(parse(text) == nil) }

    @Test("What a writer writes is read back")
    func roundTrip() {
        var generator = SeededGenerator(#function)
        for shift in 0..<64 {
            let value = Int(truncatingIfNeeded: generator.next() >> UInt64(shift)) & Int.max
            var writer = ByteWriter()
            writer.append(decimal: value)
            let text = writer.finish()
            #expect(String(repairing: text) == String(value))
            #expect(Decimal.parse(text.span) == value)
        }
    }

    @Test("The number of digits is that of the text", arguments: 0..<20)
    func digits(power: Int) {
        var value: UInt = 1
        for _ in 0..<power { value &*= 10 }
        for value in [value - 1, value, value + 1, value / 2] {
            #expect(Decimal.digits(value) == String(value).count)
        }
        #expect(Decimal.digits(.max) == 20)
    }
}
