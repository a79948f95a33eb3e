package import BridgeBytes

/// Writes LZ4 frames: independent blocks, no checksums (the container has its own), no content
/// size (the container says it). Such frames are what every reader of the format takes.
package enum LZ4FrameEncoder {
    /// Blocks are as large as is needed, up to 1 MiB: larger ones gain nothing, as matches reach
    /// back 64 KiB, and make readers hold more.
    private static let blockCodes: [(code: UInt8, size: Int)] = [
        (4, 64 << 10), (5, 256 << 10), (6, 1 << 20),
    ]

    /// Compresses the input into one frame.
    /// - Parameter limit: Most bytes that the frame may have.
    /// - Returns: the frame; nil when it would be larger than the limit.
    /// - Complexity: O(n).
    package static func compress(_ input: Span<UInt8>, limit: Int) -> Bytes? {
        let last = blockCodes[blockCodes.count - 1]
        let (code, size) = blockCodes.first { input.count <= $0.size } ?? last
        var output = CodecBuffer(limit: limit)
        let descriptor = Bytes([0x60, code << 4])
        let checksum = UInt8(truncatingIfNeeded: XXH32.hash(descriptor.span) >> 8)
        guard output.append(littleEndian: LZ4FrameDecoder.magic),
            output.append(descriptor.span, at: 0, count: 2), output.append(checksum)
        else { return nil }
        var encoder = LZ4BlockEncoder()
        var position = 0
        while position < input.count {
            let end = min(position + size, input.count)
            let block = input.extracting(position..<end)
            guard append(block, &encoder, to: &output) else { return nil }
            position = end
        }
        return output.append(littleEndian: 0 as UInt32) ? output.finish() : nil
    }

    /// A block, stored as it is where compressing does not make it smaller.
    private static func append(
        _ block: Span<UInt8>, _ encoder: inout LZ4BlockEncoder, to output: inout CodecBuffer
    ) -> Bool {
        let start = output.count
        output.beginBlock(ofAtMost: .max)
        guard output.append(littleEndian: 0 as UInt32) else { return false }
        output.beginBlock(ofAtMost: block.count - 1)
        if encoder.encode(block, into: &output) {
            let size = UInt32(truncatingIfNeeded: output.count - start - 4)
            output.patch(littleEndian: size, at: start)
            output.beginBlock(ofAtMost: .max)
            return true
        }
        output.truncate(to: start + 4)
        output.beginBlock(ofAtMost: .max)
        guard output.append(block, at: 0, count: block.count) else { return false }
        output.patch(littleEndian: UInt32(block.count) | 0x8000_0000, at: start)
        return true
    }
}
