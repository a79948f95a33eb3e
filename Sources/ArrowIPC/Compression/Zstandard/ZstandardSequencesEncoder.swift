internal import BridgeBytes

/// Writes the sequences of a block; see `ZstandardSequences`, which reads them.
///
/// ## Theory of operation
/// The bits are read from their end, so they are written from the last sequence to the first, and
/// of each what is read last comes first. A state is found from the one that follows it: of the
/// states of a symbol exactly one leads there.
enum ZstandardSequencesEncoder {
    /// A code with the format's own distribution, inverted.
    private struct Code: Sendable {
        private let log: Int
        /// Meaning of each state.
        private let states: [FSETable.State]
        /// For each symbol and each state that may follow, the state before it.
        private let before: [UInt8]
        private let bases: [UInt32]
        private let extraBits: [UInt8]

        init(_ distribution: FSEDistribution, _ meaning: FSETable.Meaning) {
            log = distribution.log
            bases = meaning.bases
            extraBits = meaning.extraBits
            var table = FSETable()
            table.fill(distribution, of: meaning)
            let size = 1 << log
            let states = (0..<size).map { table.states[$0] }
            self.states = states
            var before = [UInt8](repeating: 0, count: distribution.shares.count * size)
            for (number, state) in states.enumerated() {
                guard let symbol = meaning.bases.firstIndex(of: state.base) else { continue }
                let first = Int(state.nextState)
                for next in first..<first + 1 << Int(state.stateBits) where next < size {
                    before[symbol * size + next] = UInt8(truncatingIfNeeded: number)
                }
            }
            self.before = before
        }

        /// The symbol of a value: the last one whose base is not above it.
        func symbol(of value: Int) -> Int {
            var (lower, upper) = (0, bases.count)
            while upper - lower > 1 {
                let middle = (lower + upper) / 2
                if Int(bases[middle]) <= value { lower = middle } else { upper = middle }
            }
            return lower
        }

        /// The state of the last symbol: any of its states will do.
        func last(_ symbol: Int) -> Int { Int(before[symbol << log]) }

        /// The state of a symbol before a state; the bits that lead there are written.
        func step(_ symbol: Int, before next: Int, _ bits: inout ForwardBitWriter) -> Int {
            let number = Int(before[symbol << log + next])
            let state = states[number]
            bits.append(next - Int(state.nextState), count: Int(state.stateBits))
            return number
        }

        func appendExtra(_ value: Int, _ symbol: Int, _ bits: inout ForwardBitWriter) {
            bits.append(value - Int(bases[symbol]), count: Int(extraBits[symbol]))
        }

        func finish(_ state: Int, _ bits: inout ForwardBitWriter) {
            bits.append(state, count: log)
        }
    }

    private static let literals = Code(.usualLiteralLengths, .literalLength)
    private static let matches = Code(.usualMatchLengths, .matchLength)
    private static let offsets = Code(.usualOffsets, .offset)

    /// Appends the section of the sequences, which may be none.
    static func append(
        _ sequences: [ZstandardBlockEncoder.Sequence], to output: inout ByteWriter
    ) {
        appendCount(sequences.count, to: &output)
        guard let last = sequences.last else { return }
        output.append(0)  // all three codes are the format's own
        var bits = ForwardBitWriter()
        var literal = literals.symbol(of: last.literals)
        var match = matches.symbol(of: last.match)
        var offset = offsets.symbol(of: last.offset)
        var literalState = literals.last(literal)
        var matchState = matches.last(match)
        var offsetState = offsets.last(offset)
        for index in sequences.indices.reversed() {
            let sequence = sequences[index]
            if index < sequences.count - 1 {
                literal = literals.symbol(of: sequence.literals)
                match = matches.symbol(of: sequence.match)
                offset = offsets.symbol(of: sequence.offset)
                offsetState = offsets.step(offset, before: offsetState, &bits)
                matchState = matches.step(match, before: matchState, &bits)
                literalState = literals.step(literal, before: literalState, &bits)
            }
            literals.appendExtra(sequence.literals, literal, &bits)
            matches.appendExtra(sequence.match, match, &bits)
            offsets.appendExtra(sequence.offset, offset, &bits)
        }
        matches.finish(matchState, &bits)
        offsets.finish(offsetState, &bits)
        literals.finish(literalState, &bits)
        bits.finish(into: &output)
    }

    private static func appendCount(_ count: Int, to output: inout ByteWriter) {
        switch count {
        case ..<128: output.append(UInt8(count))
        case ..<0x7F00:
            output.append(UInt8(count >> 8 + 128))
            output.append(UInt8(truncatingIfNeeded: count))
        default:
            output.append(255)
            output.append(littleEndian: UInt16(truncatingIfNeeded: count - 0x7F00))
        }
    }
}

/// A bit stream that is read from its end: what is written last is read first.
struct ForwardBitWriter: ~Copyable {
    private var bytes = ByteWriter(capacity: 1 << 12)
    private var word: UInt64 = 0
    private var used = 0

    /// Appends the lower bits of a value, at most 32 of them.
    mutating func append(_ value: Int, count: Int) {
        word |= UInt64(truncatingIfNeeded: value) << UInt64(used)
        used += count
        guard used >= 32 else { return }
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: word))
        word >>= 32
        used -= 32
    }

    /// Ends the stream with the mark that its reader looks for, and appends it.
    consuming func finish(into output: inout ByteWriter) {
        append(1, count: 1)
        while used > 0 {
            bytes.append(UInt8(truncatingIfNeeded: word))
            word >>= 8
            used -= 8
        }
        output.append(bytes.span)
    }
}
