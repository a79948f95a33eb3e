import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Blocks of random sequences beside a model of a few lines: near the ends of a block and far
/// from them, where the decoder goes two ways.
@Suite struct LZ4SequenceTests {
    /// A block as it is built, and what it must inflate to.
    private struct Model {
        var block: [UInt8] = []
        var plain: [UInt8] = []

        mutating func add(literals: [UInt8], distance: Int, length: Int) {
            let last = min(length - 4, 15)
            block.append(UInt8(min(literals.count, 15) << 4 | last))
            prolong(literals.count)
            block += literals
            block += [UInt8(distance & 255), UInt8(distance >> 8)]
            prolong(length - 4)
            plain += literals
            guard distance > 0, distance <= plain.count else { return }
            for _ in 0..<length { plain.append(plain[plain.count - distance]) }
        }

        mutating func end(literals: [UInt8]) {
            block.append(UInt8(min(literals.count, 15) << 4))
            prolong(literals.count)
            block += literals
            plain += literals
        }

        private mutating func prolong(_ length: Int) {
            guard length >= 15 else { return }
            var rest = length - 15
            while rest >= 255 {
                block.append(255)
                rest -= 255
            }
            block.append(UInt8(rest))
        }
    }

    private func bytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// Sequences of all sorts: short and long literals and matches, distances of all classes.
    private func sequences(_ count: Int, _ generator: inout SeededGenerator) -> Model {
        var model = Model()
        for index in 0..<count {
            let longest = [0, 3, 14, 15, 16, 40, 300].randomElement(using: &generator) ?? 0
            let few = Int.random(in: 0...longest, using: &generator)
            let literals = bytes(index == 0 ? few + 1 : few, &generator)
            let reach = model.plain.count + literals.count
            let far = [1, 2, 7, 8, 9, 15, 16, 17, 40, 5_000].randomElement(using: &generator) ?? 1
            let distance = Int.random(in: 1...min(far, reach), using: &generator)
            let most = [4, 8, 18, 19, 20, 40, 700].randomElement(using: &generator) ?? 4
            let length = Int.random(in: 4...most, using: &generator)
            model.add(literals: literals, distance: distance, length: length)
        }
        return model
    }

    private func check(_ model: Model, _ what: Comment) throws {
        let frame = LZ4Frame(blocks: [model.block]).bytes
        let found = try FrameFormat.lz4.decompress(frame, limit: model.plain.count)
        #expect([UInt8](found) == model.plain, what)
        let refusal = FrameFormat.lz4.refusal(of: frame, limit: model.plain.count - 1)
        #expect(refusal?.code == .limitExceeded, what)
    }

    @Test func randomSequences() throws {
        var generator = SeededGenerator("random LZ4 sequences")
        for round in 0..<300 {
            var model = sequences(round % 60 + 1, &generator)
            model.end(literals: bytes(round % 90, &generator))
            try check(model, "round \(round)")
        }
    }

    /// Each short distance with each length, with room after it for steps that overshoot.
    @Test func overlapsFarFromTheEnd() throws {
        for distance in 1...40 {
            for length in [4, 5, 8, 15, 16, 17, 18, 19, 31, 32, 33, 64, 100, 300] {
                var model = Model()
                model.add(
                    literals: (1...40).map { UInt8($0) }, distance: distance, length: length)
                model.add(literals: [99], distance: distance, length: 4)
                model.end(literals: [UInt8](repeating: 0xEE, count: 100))
                try check(model, "distance \(distance), length \(length)")
            }
        }
    }

    /// A distance of zero or over the start is refused at its place wherever it stands, and so
    /// is a block that is cut off anywhere before its last literals.
    @Test func whatIsWrongIsFoundWhereverItStands() {
        var generator = SeededGenerator("wrong LZ4 sequences")
        for good in 0..<20 {
            for wrong in [0, 1] {
                var model = sequences(good, &generator)
                let place = model.block.count
                let reach = model.plain.count + 3
                model.add(literals: [1, 2, 3], distance: wrong * (reach + 1), length: 6)
                model.end(literals: bytes(100, &generator))
                let error = FrameFormat.lz4.refusal(of: LZ4Frame(blocks: [model.block]).bytes)
                #expect(error?.code == .invalidCompression)
                // The head has 7 bytes, the block's size 4.
                #expect(error?.offset == 11 + place)
            }
            var model = sequences(good + 1, &generator)
            let last = model.block.count
            model.end(literals: bytes(100, &generator))
            for count in max(0, last - 30)..<last {
                let frame = LZ4Frame(blocks: [Array(model.block[..<count])])
                let error = FrameFormat.lz4.refusal(of: frame.bytes)
                // Where a cut leaves only whole literals the block is complete.
                #expect(error == nil || error?.code == .invalidCompression)
            }
            let cut = LZ4Frame(blocks: [Array(model.block[..<last])])
            #expect(FrameFormat.lz4.refusal(of: cut.bytes)?.code == .invalidCompression)
        }
    }

    /// A block that makes one byte more than its frame allows is refused, with much input left.
    @Test func theBlockSizeIsHeldFarFromTheInputsEnd() throws {
        for excess in [0, 1] {
            var model = Model()
            model.add(literals: [7], distance: 1, length: 65_000)
            model.add(literals: [8], distance: 1, length: 65_536 - 65_002 - 100 + excess)
            model.end(literals: [UInt8](repeating: 9, count: 100))
            let frame = LZ4Frame(blocks: [model.block]).bytes
            let error = FrameFormat.lz4.refusal(of: frame)
            #expect(error?.code == (excess == 0 ? nil : .invalidCompression))
        }
    }
}
