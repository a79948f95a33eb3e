import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// The rules of RFC 8878, one at a time, on frames made by hand.
@Suite struct ZstandardFrameDecoderTests {
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// A frame of those bytes after the magic number.
    private func frame(_ parts: [UInt8]...) -> Bytes { Bytes(Self.magic + parts.flatMap { $0 }) }

    private func code(_ bytes: Bytes, limit: Int = 1 << 24) -> ErrorCode? {
        FrameFormat.zstandard.refusal(of: bytes, limit: limit)?.code
    }

    private func content(_ bytes: Bytes) throws -> [UInt8] {
        [UInt8](try FrameFormat.zstandard.decompress(bytes))
    }

    /// A block's head and body: kinds are 0 stored, 1 repeated, 2 compressed.
    private func block(
        _ kind: Int, size: Int? = nil, isLast: Bool = true, _ body: [UInt8]
    ) -> [UInt8] {
        let word = (size ?? body.count) << 3 | kind << 1 | (isLast ? 1 : 0)
        return [UInt8(word & 255), UInt8(word >> 8 & 255), UInt8(word >> 16)] + body
    }

    /// A head with a window of 1 KiB and no content size.
    private let small: [UInt8] = [0x00, 0x00]

    @Test func blocksOfEachKind() throws {
        #expect(try content(frame(small, block(0, [1, 2, 3]))) == [1, 2, 3])
        #expect(try content(frame(small, block(1, size: 4, [9]))) == [9, 9, 9, 9])
        #expect(try content(frame(small, block(0, isLast: false, [1]), block(0, [2]))) == [1, 2])
        // Three stored literals and no sequences; the number of them in one, or two, bytes.
        #expect(try content(frame(small, block(2, [0x18, 5, 6, 7, 0]))) == [5, 6, 7])
        #expect(try content(frame(small, block(2, [0x18, 5, 6, 7, 0x80, 0]))) == [5, 6, 7])
        // Twenty times one literal.
        #expect(
            try content(frame(small, block(2, [0xA1, 5, 0])))
                == [UInt8](repeating: 5, count: 20))
        #expect(code(frame(small, block(3, [1]))) == .invalidCompression)
        #expect(code(frame(small, block(2, [0x18, 5, 6, 7, 0, 0]))) == .invalidCompression)
        #expect(code(frame(small, block(2, [0x18, 5, 6, 7]))) == .invalidCompression)
        #expect(code(frame(small, block(2, [0x18, 5, 6]))) == .invalidCompression)
        #expect(code(frame(small, block(2, []))) == .invalidCompression)
        #expect(code(frame(small, block(0, isLast: false, [1]))) == .truncated)
    }

    /// One sequence whose three codes are single symbols, so that only extra bits are in the
    /// stream: three literals, an offset value of 1 << code + extra, a match of 3 + its code.
    private func sequence(
        offsetCode: UInt8, match: UInt8 = 4, modes: UInt8 = 0x54,
        literals: [UInt8] = [0x18, 5, 6, 7],
        literalCode: UInt8 = 3, stream: [UInt8]
    ) -> [UInt8] {
        block(2, literals + [1, modes, literalCode, offsetCode, match] + stream)
    }

    @Test func offsetsNewAndRepeated() throws {
        // Value 4 + 2 bits 10 = 6: three bytes back. The mark stands above the bits.
        let three = sequence(offsetCode: 2, stream: [0b110])
        #expect(try content(frame(small, three)) == [5, 6, 7, 5, 6, 7, 5, 6, 7, 5])
        // Value 1: the first recent offset, which is 1 when a frame begins.
        let first = sequence(offsetCode: 0, stream: [0b1])
        #expect(try content(frame(small, first)) == [5, 6, 7] + [7, 7, 7, 7, 7, 7, 7])
        // Value 2: the second, 4, lies before the data; value 4 + 3 - 3 = 4 too.
        #expect(code(frame(small, sequence(offsetCode: 1, stream: [0b10]))) == .invalidCompression)
        #expect(code(frame(small, sequence(offsetCode: 2, stream: [0b111]))) == .invalidCompression)
        // Without literals, value 3 means the first recent offset less one, here zero.
        let none = sequence(
            offsetCode: 1, literals: [0x18, 5, 6, 7], literalCode: 0, stream: [0b11])
        #expect(code(frame(small, none)) == .invalidCompression)
    }

    @Test func streamsOfAnotherSizeAreRefused() {
        for stream in [[], [0], [0b1], [0b11, 0], [0b1110], [0b10, 0b1]] as [[UInt8]] {
            let bytes = frame(small, sequence(offsetCode: 2, stream: stream))
            #expect(code(bytes) == .invalidCompression, "\(stream)")
        }
    }

    @Test func tablesMustExist() {
        // Sequences that repeat tables, literals that use the Huffman table again.
        for modes in [0xD4, 0x74, 0x5C] as [UInt8] {
            let bytes = frame(small, sequence(offsetCode: 2, modes: modes, stream: [0b110]))
            #expect(code(bytes) == .invalidCompression)
        }
        #expect(
            code(frame(small, block(2, [0x23, 0x40, 0x00, 0x80, 0]))) == .invalidCompression)
        // Symbols that no code has: literal length 36, offset 32, match length 53.
        #expect(
            code(frame(small, sequence(offsetCode: 2, literalCode: 36, stream: [0b110])))
                == .invalidCompression)
        #expect(
            code(frame(small, sequence(offsetCode: 32, stream: [1, 1, 1, 1, 1])))
                == .invalidCompression)
        #expect(
            code(frame(small, sequence(offsetCode: 2, match: 53, stream: [0b110])))
                == .invalidCompression)
        // Reserved bits of the modes.
        #expect(
            code(frame(small, sequence(offsetCode: 2, modes: 0x55, stream: [0b110])))
                == .invalidCompression)
    }

    @Test func tablesEndWithTheirFrame() throws {
        let repeated = sequence(offsetCode: 2, stream: [0b110])
        let again = block(2, [0x18, 5, 6, 7, 1, 0xFC, 0b110])
        var first = repeated
        first[0] &= 0xFE
        #expect(try content(frame(small, first, again)).count == 20)
        #expect(
            code(frame(small, repeated, Self.magic, small, again)) == .invalidCompression)
        // Nor does a match reach into the frame before.
        let far = sequence(offsetCode: 3, stream: [0b1010])
        #expect(try content(frame(small, first, far)).count == 20)
        #expect(code(frame(small, repeated, Self.magic, small, far)) == .invalidCompression)
    }

    /// Chains of offset values, each in a block of its own, beside a model of RFC 8878, section
    /// 3.1.1.5: the three last distances live as long as the frame.
    @Test func recentOffsetsFollowEachOther() throws {
        var generator = SeededGenerator("recent offsets")
        for _ in 0..<400 {
            var recent = [1, 4, 8]
            var plain = (100..<164).map { UInt8($0) }
            var blocks = block(0, isLast: false, plain)
            for step in 0..<8 {
                let value = Int.random(
                    in: 1...(Bool.random(using: &generator) ? 3 : 40), using: &generator)
                let hasLiterals = Bool.random(using: &generator)
                let index = hasLiterals ? value - 1 : value
                if value > 3 {
                    recent.insert(value - 3, at: 0)
                } else if index == 3 {
                    guard recent[0] > 1 else { continue }
                    recent.insert(recent[0] - 1, at: 0)
                } else {
                    recent.insert(recent.remove(at: index), at: 0)
                }
                recent = Array(recent.prefix(3))
                let literals = (0..<3).map { UInt8(step * 3 + $0) }
                if hasLiterals { plain += literals }
                for _ in 0..<7 { plain.append(plain[plain.count - recent[0]]) }
                if !hasLiterals { plain += literals }
                var next = sequence(
                    offsetCode: UInt8(Int.bitWidth - 1 - value.leadingZeroBitCount),
                    literals: [0x18] + literals, literalCode: hasLiterals ? 3 : 0,
                    stream: [UInt8(value)])  // the extra bits with their mark are the value
                next[0] &= 0xFE
                blocks += next
            }
            blocks += block(0, [])
            #expect(try content(frame(small, blocks)) == plain)
        }
    }

    /// Literals that use the Huffman table again find the one of an earlier block, and none of
    /// an earlier frame.
    @Test func huffmanTablesEndWithTheirFrame() throws {
        // One bit each for the symbols 0 and 1: three literals, a table of two bytes if the kind
        // is 2, one byte of stream, no sequences.
        let table = [0x32, 0xC0, 0x00, 128, 0x10, 0b1101, 0] as [UInt8]
        let again = block(2, [0x33, 0x40, 0x00, 0b1100, 0])
        #expect(
            try content(frame(small, block(2, isLast: false, table), again))
                == [1, 0, 1, 1, 0, 0])
        #expect(code(frame(small, again)) == .invalidCompression)
        #expect(
            code(frame(small, block(2, table), Self.magic, small, again)) == .invalidCompression)
    }

    @Test func headsThatAreWrong() throws {
        let body = block(0, [1, 2, 3])
        #expect(code(frame([0x08, 0x00], body)) == .invalidCompression)  // reserved bit
        #expect(code(frame([0x10, 0x00], body)) == nil)  // unused bit
        #expect(code(frame([0x01, 0x00, 7], body)) == .unsupportedFeature)
        #expect(code(frame([0x02, 0x00, 0, 1], body)) == .unsupportedFeature)
        #expect(code(frame([0x03, 0x00, 0, 0, 0, 1], body)) == .unsupportedFeature)
        #expect(code(frame([0x03, 0x00, 0, 0, 0, 0], body)) == nil)  // no dictionary after all
        #expect(code(frame([0x20, 3], body)) == nil)
        #expect(code(frame([0x20, 4], body)) == .invalidCompression)
        #expect(code(frame([0x20, 2], body)) == .invalidCompression)
        #expect(code(frame([0x60, 0, 0], block(1, size: 256, [1]))) == nil)
        #expect(code(frame([0xE0, 0, 0, 0, 0, 0, 0, 0, 0x10], body)) == .limitExceeded)
        #expect(code(frame([0xE0] + [UInt8](repeating: 0xFF, count: 8), body)) == .limitExceeded)
        #expect(code(frame([0x04, 0x00], body, [0, 0, 0, 0])) == .invalidCompression)
        #expect(code(frame([0x04, 0x00], body, [0, 0, 0])) == .truncated)
    }

    @Test func windowsUpToEightMebibytes() throws {
        let body = block(0, [1])
        #expect(code(frame([0x00, 13 << 3], body)) == nil)
        #expect(code(frame([0x00, 13 << 3 | 1], body)) == .limitExceeded)
        #expect(code(frame([0x00, 0xFF], body)) == .limitExceeded)
        // A match may look back as far as the window, and not further: 1 KiB here.
        let run = block(1, size: 1024, isLast: false, [5])
        let more = block(0, isLast: false, [6])
        // Offset values 1024 + 3 and 1025 + 3, code 10, ten extra bits 3 and 4.
        let literal: [UInt8] = [0x08, 9]
        let near = sequence(
            offsetCode: 10, literals: literal, literalCode: 1, stream: [0b011, 0b100])
        let far = sequence(
            offsetCode: 10, literals: literal, literalCode: 1, stream: [0b100, 0b100])
        #expect(try content(frame(small, run, more, near)).count == 1_033)
        #expect(code(frame(small, run, more, far)) == .invalidCompression)
    }

    @Test func blocksOverTheirSize() throws {
        #expect(try content(frame(small, block(1, size: 1024, [5]))).count == 1_024)
        #expect(code(frame(small, block(1, size: 1025, [5]))) == .invalidCompression)
        #expect(code(frame([0x00, 0x38], block(1, size: 131_073, [5]))) == .invalidCompression)
        #expect(code(frame([0x00, 0x38], block(1, size: 131_072, [5]))) == nil)
        // Literals and a match that together are over 1 KiB: 1000 literals, a match of 35.
        let literals: [UInt8] = [0x85, 0x3E, 5]
        let long = sequence(
            offsetCode: 0, match: 31, literals: literals, stream: [0b1])
        #expect(code(frame(small, long)) == .invalidCompression)
    }

    @Test func nothingAndOtherFormatsAreRefused() {
        #expect(code(Bytes()) == .truncated)
        #expect(code([1, 2, 3, 4]) == .invalidCompression)
        #expect(code(Bytes(Self.magic)) == .truncated)
        // A dictionary, and the format of before 2015.
        #expect(code([0x37, 0xA4, 0x30, 0xEC, 0, 0, 0, 0]) == .invalidCompression)
        #expect(code([0x27, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0]) == .invalidCompression)
    }
}
