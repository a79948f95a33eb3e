import BridgeBytes
import TestKit
import Testing

@Suite struct UTF8CheckTests {
    /// What the standard library says about the same bytes.
    private func isValidForTheLibrary(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    private func isValid(_ bytes: [UInt8]) -> Bool { UTF8Check.firstInvalid(in: bytes.span) == nil }

    private func firstInvalid(_ bytes: [UInt8]) -> Int? {
        UTF8Check.firstInvalid(in: bytes.span)
    }

    @Test("Every sequence of two bytes, and three after each lead byte, as the library judges")
    func exhaustive() {
        for first in UInt8.min ... .max {
            for second in UInt8.min ... .max {
                let pair = [first, second]
                #expect(isValid(pair) == isValidForTheLibrary(pair))
                for rest: [UInt8] in [[0x80], [0xBF, 0x80], [0x7F, 0x80], [0x80, 0xC0]] {
                    let bytes = [0x41] + pair + rest
                    #expect(isValid(bytes) == isValidForTheLibrary(bytes))
                }
            }
        }
    }

    @Test("The fault is found at its place, at any distance from the start")
    func place() {
        for distance in 0..<40 {
            var bytes = [UInt8](repeating: 0x61, count: distance)
            #expect(firstInvalid(bytes) == nil)
            bytes += [0xE2, 0x82, 0xAC, 0xFF, 0x61]
            #expect(firstInvalid(bytes) == distance + 3)
            bytes.removeLast(3)
            #expect(firstInvalid(bytes) == distance)
        }
    }

    @Test("Random text and random damage")
    func random() {
        var generator = SeededGenerator(#function)
        let letters = ["a", "é", "€", "𝄞", "\u{0}", "z"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                letters[Int.random(in: 0..<letters.count, using: &generator)]
            }
            var bytes = Array(text.joined().utf8)
            #expect(isValid(bytes))
            guard !bytes.isEmpty else { continue }
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
            #expect(isValid(bytes) == isValidForTheLibrary(bytes))
        }
    }
}
