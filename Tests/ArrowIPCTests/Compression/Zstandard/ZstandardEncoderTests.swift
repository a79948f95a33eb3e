import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// What is compressed to Zstandard inflates to itself; the interop tests have others read it.
@Suite struct ZstandardEncoderTests {
    private static func roundTrip(_ input: [UInt8]) throws -> Int {
        let compressed = ZstandardFrameEncoder.compress(input.span, limit: input.count + 1_000)
        let frame = try #require(compressed)
        let output = try ZstandardFrameDecoder.decompress(frame.span, limit: input.count)
        #expect([UInt8](output) == input)
        return frame.count
    }

    @Test func everySizeComesBack() throws {
        var generator = SeededGenerator("everySizeComesBack")
        for size in Array(0...70) + [
            255, 256, 257, 4_095, 65_791, 65_792, 131_072, 131_073, 300_000,
        ] {
            let noise = (0..<size).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            _ = try Self.roundTrip(noise)
            let text = (0..<size).map { UInt8(0x61 + ($0 * $0 / 7) % 23) }
            _ = try Self.roundTrip(text)
            _ = try Self.roundTrip([UInt8](repeating: 9, count: size))
        }
    }

    @Test func mixturesComeBack() throws {
        var generator = SeededGenerator("mixturesComeBack")
        for _ in 0..<40 {
            var input: [UInt8] = []
            while input.count < 400_000 {
                let length = Int(generator.next() % 5_000)
                switch generator.next() % 5 {
                case 0:
                    input += (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                case 1:
                    input += [UInt8](
                        repeating: UInt8(truncatingIfNeeded: generator.next()), count: length)
                case 2: input += (0..<length).map { UInt8(0x20 + $0 % 90) }
                case 3 where input.count > length:
                    let start = Int(generator.next() % UInt64(input.count - length))
                    input += input[start..<start + length]
                default:
                    for number in 0..<length / 8 {
                        input += (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
                    }
                }
            }
            _ = try Self.roundTrip(input)
        }
    }

    @Test func matchesReachOverBlocksAndNoFurtherThanTheWindow() throws {
        var generator = SeededGenerator("matchesReachOverBlocks")
        let noise = (0..<600_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        #expect(try Self.roundTrip(noise + noise) < 700_000)
        let far = noise + noise.reversed() + noise
        #expect(try Self.roundTrip(far) > 1_700_000)
    }

    @Test func regularDataBecomesSmall() throws {
        let text = Array(String(repeating: "the quick brown fox, ", count: 10_000).utf8)
        #expect(try Self.roundTrip(text) < 1_000)
        var generator = SeededGenerator("regularDataBecomesSmall")
        let letters = (0..<100_000).map { _ in UInt8(0x61 + generator.next() % 8) }
        #expect(try Self.roundTrip(letters) < 55_000)
        #expect(ZstandardFrameEncoder.compress(letters.span, limit: 100) == nil)
    }
}
