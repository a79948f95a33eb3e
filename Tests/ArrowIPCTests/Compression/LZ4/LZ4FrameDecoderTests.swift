import ArrowIPC
import BridgeBytes
import Testing

/// The rules of the LZ4 frame and block formats, one at a time.
@Suite struct LZ4FrameDecoderTests {
    private func content(_ frame: LZ4Frame) throws -> [UInt8] {
        [UInt8](try FrameFormat.lz4.decompress(frame.bytes))
    }

    private func code(_ frame: LZ4Frame, limit: Int = 1 << 20) -> ErrorCode? {
        FrameFormat.lz4.refusal(of: frame.bytes, limit: limit)?.code
    }

    /// Three literals, then a match from three bytes back, then two literals.
    private let block: [UInt8] = [0x35, 1, 2, 3, 3, 0, 0x20, 8, 9]
    private let plain: [UInt8] = [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 8, 9]

    @Test func literalsAndMatches() throws {
        #expect(try content(LZ4Frame(blocks: [block])) == plain)
        #expect(try content(LZ4Frame(blocks: [])) == [])
        #expect(try content(LZ4Frame(blocks: [[0]])) == [])
        #expect(try content(LZ4Frame(blocks: [block], isStored: true)) == block)
    }

    /// Every distance with every length: the steps of 16 bytes repeat what they must.
    @Test func matchesOverlapRightly() throws {
        for distance in 1...40 {
            for length in [4, 5, 15, 16, 17, 18, 31, 32, 33, 64, 100, 300] {
                let literals = (0..<40).map { UInt8($0 + 1) }
                var block: [UInt8] = [0xF0 | UInt8(min(length - 4, 15)), 25] + literals
                block += [UInt8(distance), 0]
                if length >= 19 {
                    var rest = length - 19
                    while rest >= 255 {
                        block.append(255)
                        rest -= 255
                    }
                    block.append(UInt8(rest))
                }
                block += [0x10, 0xEE]
                var expected = literals
                for _ in 0..<length { expected.append(expected[expected.count - distance]) }
                expected.append(0xEE)
                let found = try content(LZ4Frame(blocks: [block]))
                #expect(found == expected, "distance \(distance), length \(length)")
                // With no room to spare after the output.
                let frame = LZ4Frame(blocks: [block]).bytes
                let tight = try FrameFormat.lz4.decompress(frame, limit: expected.count)
                #expect([UInt8](tight) == expected)
                #expect(
                    FrameFormat.lz4.refusal(of: frame, limit: expected.count - 1)?.code
                        == .limitExceeded)
            }
        }
    }

    @Test func linkedBlocksLookBackAndIndependentOnesDoNot() throws {
        let second: [UInt8] = [0x00, 14, 0, 0x10, 7]
        let linked = LZ4Frame(blocks: [block, second])
        #expect(try content(linked) == plain + [1, 2, 3, 1, 7])
        var independent = linked
        independent.flags |= 0x20
        #expect(code(independent) == .invalidCompression)
        // Nor does a frame look back into the frame before it.
        let frames = [UInt8](linked.bytes) + [UInt8](LZ4Frame(blocks: [second]).bytes)
        #expect(FrameFormat.lz4.refusal(of: Bytes(frames))?.code == .invalidCompression)
    }

    @Test(
        arguments: [
            [0x35, 1, 2, 3, 0, 0, 0x20, 8, 9],  // distance 0
            [0x35, 1, 2, 3, 4, 0, 0x20, 8, 9],  // one byte before the start
            [0x35, 1, 2, 3, 3, 0],  // ends after a match
            [0x35, 1, 2],  // literals cut off
            [0x35, 1, 2, 3, 3],  // distance cut off
            [0xF0, 255, 255],  // length cut off
            [0x3F, 1, 2, 3, 3, 0, 255],  // length of the match cut off
        ] as [[UInt8]])
    func brokenBlocks(block: [UInt8]) {
        #expect(code(LZ4Frame(blocks: [block])) == .invalidCompression)
    }

    @Test func headsThatAreWrong() {
        for flags in [0x00, 0x80, 0xC0, 0x42] as [UInt8] {
            #expect(code(LZ4Frame(flags: flags)) == .invalidCompression, "\(flags)")
        }
        for block in [0x00, 0x10, 0x30, 0xC0, 0x41, 0x48] as [UInt8] {
            #expect(code(LZ4Frame(blockCode: block)) == .invalidCompression, "\(block)")
        }
        #expect(code(LZ4Frame(flags: 0x41)) == .unsupportedFeature)
        #expect(code(LZ4Frame(hasGoodHeadChecksum: false)) == .invalidCompression)
        #expect(code(LZ4Frame(contentSize: 13, blocks: [block])) == .invalidCompression)
        #expect(code(LZ4Frame(contentSize: 15, blocks: [block])) == .invalidCompression)
        #expect(code(LZ4Frame(contentSize: 14, blocks: [block])) == nil)
        #expect(code(LZ4Frame(contentSize: 14, blocks: [block]), limit: 13) == .limitExceeded)
        #expect(code(LZ4Frame(contentSize: .max, blocks: [block])) == .limitExceeded)
    }

    /// The digests of a block, behind it, and of the content, behind the frame.
    @Test func checksumsAreCompared() throws {
        func word(_ digest: UInt32) -> [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: digest >> (8 * UInt32($0))) }
        }
        for wrong in [0, 1] as [UInt32] {
            let ofContent = word(XXH32.hash(plain.span) ^ wrong)
            let content = [UInt8](LZ4Frame(flags: 0x44, blocks: [block]).bytes) + ofContent
            let bare = [UInt8](LZ4Frame(flags: 0x50, blocks: [block]).bytes)
            let ofBlock = word(XXH32.hash(block.span) ^ wrong)
            let blocks = Array(bare.dropLast(4)) + ofBlock + [0, 0, 0, 0]
            for bytes in [content, blocks] {
                let code = FrameFormat.lz4.refusal(of: Bytes(bytes))?.code
                #expect(code == (wrong == 0 ? nil : .invalidCompression))
            }
        }
    }

    @Test func blocksOverTheirSize() throws {
        let largest = [UInt8](repeating: 7, count: 65_536)
        #expect(try content(LZ4Frame(blocks: [largest], isStored: true)).count == 65_536)
        #expect(code(LZ4Frame(blocks: [largest + [7]], isStored: true)) == .invalidCompression)
        // One literal and a match that ends one byte over 64 KiB: 1 + 19 + 256 * 255 + 236.
        var block: [UInt8] = [0x1F, 7, 1, 0] + [UInt8](repeating: 255, count: 256)
        block += [236, 0]
        #expect(try content(LZ4Frame(blocks: [block])).count == 65_536)
        block[block.count - 2] = 237
        #expect(code(LZ4Frame(blocks: [block])) == .invalidCompression)
    }

    @Test func nothingAndOtherFormatsAreRefused() {
        #expect(FrameFormat.lz4.refusal(of: Bytes())?.code == .truncated)
        #expect(FrameFormat.lz4.refusal(of: [1, 2, 3, 4])?.code == .invalidCompression)
        #expect(
            FrameFormat.lz4.refusal(of: [0x02, 0x21, 0x4C, 0x18, 0, 0, 0, 0])?.code
                == .unsupportedFeature)
    }
}
