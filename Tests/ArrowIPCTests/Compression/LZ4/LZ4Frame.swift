import ArrowIPC
import BridgeBytes

/// An LZ4 frame made by hand, to be right or wrong in one place.
struct LZ4Frame {
    var flags: UInt8 = 0x40
    var blockCode: UInt8 = 0x40
    var contentSize: UInt64?
    var blocks: [[UInt8]] = []
    /// Marks the blocks as stored.
    var isStored = false
    var hasGoodHeadChecksum = true

    var bytes: Bytes {
        var writer = ByteWriter()
        writer.append(littleEndian: 0x184D_2204 as UInt32)
        writer.append(flags | (contentSize == nil ? 0 : 0x08))
        writer.append(blockCode)
        if let contentSize { writer.append(littleEndian: contentSize) }
        let digest = XXH32.hash(writer.span.extracting(4..<writer.count)) >> 8
        writer.append(UInt8(truncatingIfNeeded: digest) ^ (hasGoodHeadChecksum ? 0 : 1))
        for block in blocks {
            writer.append(littleEndian: UInt32(block.count) | (isStored ? 0x8000_0000 : 0))
            writer.append(block)
        }
        writer.append(littleEndian: 0 as UInt32)
        return writer.finish()
    }
}
