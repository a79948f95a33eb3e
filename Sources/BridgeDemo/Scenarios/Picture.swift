internal import BridgeBytes

/// A small picture in the Windows bitmap format: 24 bits a pixel, a colour gradient.
enum Picture {
    private static let headerCount = 54

    /// A square picture; the size is a multiple of 4, so that no row needs padding.
    static func gradient(size: Int) -> Bytes {
        precondition(size > 0 && size % 4 == 0, "rows without padding")
        let pixels = size * size * 3
        var writer = ByteWriter(capacity: headerCount + pixels)
        writer.append("BM")
        writer.append(littleEndian: UInt32(headerCount + pixels))
        writer.append(littleEndian: UInt32(0))
        writer.append(littleEndian: UInt32(headerCount))
        writer.append(littleEndian: UInt32(40))  // size of the information header
        writer.append(littleEndian: Int32(size))
        writer.append(littleEndian: Int32(size))
        writer.append(littleEndian: UInt16(1))  // planes
        writer.append(littleEndian: UInt16(24))  // bits a pixel
        writer.append(littleEndian: UInt32(0))  // not compressed
        writer.append(littleEndian: UInt32(pixels))
        writer.append(repeating: 0, count: 16)  // resolution and colours: unspecified
        for y in 0..<size {
            for x in 0..<size {
                writer.append(UInt8(255 * x / size))
                writer.append(UInt8(255 * y / size))
                writer.append(UInt8(255 * (size - 1 - x) / size))
            }
        }
        return writer.finish()
    }
}
