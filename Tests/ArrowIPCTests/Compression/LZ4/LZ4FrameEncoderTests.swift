import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Property: what is compressed inflates to the same, and is never larger than the limit.
@Suite struct LZ4FrameEncoderTests {
    /// Content of runs, repetitions and noise, in a random mixture.
    private static func content(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let length = Int.random(in: 1...300, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes += [UInt8](repeating: UInt8(length & 7), count: length)
            case 1: bytes += generator.bytes(length)
            case 2: bytes += (0..<length).map { UInt8($0 & 15) }
            default:
                let distance = min(bytes.count, Int.random(in: 1...70_000, using: &generator))
                let start = bytes.count - distance
                for index in 0..<min(length, distance) { bytes.append(bytes[start + index]) }
            }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private static func compress(_ plain: [UInt8], _ limit: Int) -> Bytes? {
        LZ4FrameEncoder.compress(plain.span, limit: limit)
    }

    private static func inflated(_ frame: Bytes, _ count: Int) throws -> [UInt8] {
        [UInt8](try LZ4FrameDecoder.decompress(frame.span, limit: count))
    }

    /// Every short length, where the ends of blocks are close, and lengths around block sizes.
    @Test func lengthsAroundBlocks() throws {
        var generator = SeededGenerator("lengthsAroundBlocks")
        var lengths = Array(0...80)
        for size in [64 << 10, 256 << 10, 1 << 20, 2 << 20] {
            lengths += [size - 1, size, size + 1, size + 13]
        }
        for count in lengths {
            for plain in [
                Self.content(count, &generator), [UInt8](repeating: 7, count: count),
            ] {
                let frame = try #require(
                    Self.compress(plain, count + count / 100 + 64))
                #expect(try Self.inflated(frame, count) == plain, "\(count) bytes")
            }
        }
    }

    @Test func manyMixtures() throws {
        var generator = SeededGenerator("manyMixtures")
        for _ in 0..<60 {
            let count = Int.random(in: 1...200_000, using: &generator)
            let plain = Self.content(count, &generator)
            let frame = try #require(Self.compress(plain, 2 * count + 64))
            #expect(try Self.inflated(frame, count) == plain)
            // The limit is held to the byte.
            let size = frame.count
            #expect(Self.compress(plain, size)?.count == size)
            #expect(Self.compress(plain, size - 1) == nil)
        }
    }

    @Test func noiseDoesNotShrinkAndZerosDo() throws {
        var generator = SeededGenerator("noiseDoesNotShrink")
        let noise = generator.bytes(300_000)
        #expect(Self.compress(noise, noise.count - 1) == nil)
        // Stored blocks cost four bytes each.
        let stored = try #require(Self.compress(noise, noise.count + 64))
        #expect(stored.count == noise.count + 7 + 4 + 4)
        let zeros = [UInt8](repeating: 0, count: 300_000)
        let frame = try #require(Self.compress(zeros, zeros.count))
        #expect(frame.count < 300_000 / 250 + 64)
        // No room at all, and none for the head.
        for limit in [0, 3, 6] {
            #expect(Self.compress(zeros, limit) == nil)
        }
    }

    /// The head that readers see: version 01, independent blocks, no checksums, and a block size
    /// that is no larger than needed.
    @Test(arguments: [(100, 0x40), (65_537, 0x50), (262_145, 0x60), (3_000_000, 0x60)])
    func headSaysWhatTheBlocksAre(count: Int, blockSize: UInt8) throws {
        let zeros = [UInt8](repeating: 0, count: count)
        let frame = try #require(Self.compress(zeros, count))
        #expect([UInt8](frame[0..<6]) == [0x04, 0x22, 0x4D, 0x18, 0x60, blockSize])
    }
}
