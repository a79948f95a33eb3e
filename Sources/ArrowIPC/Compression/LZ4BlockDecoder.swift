internal import BridgeBytes

/// Inflates one LZ4 block.
///
/// ## Theory of operation
/// A block is a list of sequences: a token of two lengths of four bits, the literals, a distance
/// of two bytes, and the match. A length of 15 goes on in further bytes, up to the first that is
/// not 255. The block ends after literals, so its last sequence has no match. (LZ4 Block Format
/// Description, "Compressed block format".) The end conditions that the format asks of encoders,
/// such as five literals at the end, are not asked of the input, as reference decoders do not.
enum LZ4BlockDecoder {
    /// Why a block was refused. Positions count from the start of the block.
    enum Refusal: Error {
        case truncated
        /// The match at this position begins before the start of the data.
        case badDistance(Int)
        /// The literals or the match at this position make more than the block may have.
        case tooLong(Int)
    }

    /// Appends the block's content.
    static func decode(
        _ block: Span<UInt8>, into output: inout CodecBuffer
    ) throws(Refusal) {
        var position = 0
        let end = block.count
        while position < end {
            let start = position
            let token = Int(block[position])
            position &+= 1
            var literals = token &>> 4
            if literals == 15 { literals += try longLength(block, &position) }
            guard literals <= end - position else { throw .truncated }
            guard output.append(block, at: position, count: literals) else {
                throw .tooLong(start)
            }
            position &+= literals
            if position == end { return }
            guard let word = block.littleEndian(UInt16.self, at: position) else {
                throw .truncated
            }
            position &+= 2
            var length = token & 15
            if length == 15 { length += try longLength(block, &position) }
            guard output.appendMatch(distance: Int(word), count: length &+ 4) else {
                let fits = length + 4 <= output.room
                throw fits ? .badDistance(start) : .tooLong(start)
            }
        }
        throw .truncated
    }

    /// The rest of a length, which is at most 255 times the bytes that say it.
    private static func longLength(
        _ block: Span<UInt8>, _ position: inout Int
    ) throws(Refusal) -> Int {
        var length = 0
        while position < block.count {
            let byte = Int(block[position])
            position &+= 1
            length += byte
            if byte != 255 { return length }
        }
        throw .truncated
    }
}
