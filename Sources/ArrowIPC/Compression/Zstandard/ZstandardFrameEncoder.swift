package import BridgeBytes

/// Writes Zstandard frames, for speed rather than for size: no checksum (the container has its
/// own), the content size stated, matches at most a megabyte back, so that any reader's window
/// suffices. (RFC 8878, section 3.1.)
package enum ZstandardFrameEncoder {
    /// Matches reach this far back, as a power of two.
    static let windowLog = 20
    /// The largest block of the format.
    private static let blockSize = 128 << 10

    /// Compresses the input into one frame.
    /// - Parameter limit: Most bytes that the frame may have.
    /// - Returns: the frame; nil when it would be larger than the limit.
    /// - Complexity: O(n).
    package static func compress(_ input: Span<UInt8>, limit: Int) -> Bytes? {
        var output = ByteWriter(capacity: min(input.count / 2 + 64, max(limit, 0) + 1))
        appendHead(of: input.count, to: &output)
        var encoder = ZstandardBlockEncoder()
        var position = 0
        repeat {
            let end = min(position + blockSize, input.count)
            append(input, position..<end, &encoder, isLast: end == input.count, to: &output)
            guard output.count <= limit else { return nil }
            position = end
        } while position < input.count
        return output.finish()
    }

    /// The magic, what the head holds, the window where the frame is larger than it, and the size.
    private static func appendHead(of size: Int, to output: inout ByteWriter) {
        output.append(littleEndian: 0xFD2F_B528 as UInt32)
        let isSingle = size <= 1 << windowLog
        let single: UInt8 = isSingle ? 0x20 : 0
        switch size {
        case ..<256 where isSingle:
            output.append(single)
            output.append(UInt8(truncatingIfNeeded: size))
        case ..<(256 + 65_536) where isSingle:
            output.append(single | 0x40)
            output.append(littleEndian: UInt16(truncatingIfNeeded: size - 256))
        default:
            let isLong = size > UInt32.max
            output.append(single | (isLong ? 0xC0 : 0x80))
            if !isSingle { output.append(UInt8(truncatingIfNeeded: (windowLog - 10) << 3)) }
            if isLong {
                output.append(littleEndian: Int64(size))
            } else {
                output.append(littleEndian: UInt32(truncatingIfNeeded: size))
            }
        }
    }

    private enum BlockKind: Int {
        case raw = 0
        case repeated = 1
        case compressed = 2
    }

    /// A block: one byte that repeats, compressed, or as it is where that is not larger.
    private static func append(
        _ input: Span<UInt8>, _ range: Range<Int>, _ encoder: inout ZstandardBlockEncoder,
        isLast: Bool, to output: inout ByteWriter
    ) {
        let start = output.count
        appendHead(.compressed, 0, isLast, to: &output)
        if range.count > 1, isRepeated(input, range) {
            output.truncate(to: start)
            appendHead(.repeated, range.count, isLast, to: &output)
            output.append(input[range.lowerBound])
            return
        }
        encoder.encode(input, range, into: &output)
        let size = output.count - start - 3
        if size < range.count {
            patchHead(.compressed, size, isLast, at: start, of: &output)
            encoder.accept()
        } else {
            output.truncate(to: start)
            appendHead(.raw, range.count, isLast, to: &output)
            output.append(input.extracting(range))
        }
    }

    private static func isRepeated(_ input: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let first = input[range.lowerBound]
        for index in range where input[index] != first { return false }
        return true
    }

    private static func head(_ kind: BlockKind, _ size: Int, _ isLast: Bool) -> Int {
        size << 3 | kind.rawValue << 1 | (isLast ? 1 : 0)
    }

    private static func appendHead(
        _ kind: BlockKind, _ size: Int, _ isLast: Bool, to output: inout ByteWriter
    ) {
        let head = head(kind, size, isLast)
        output.append(littleEndian: UInt16(truncatingIfNeeded: head))
        output.append(UInt8(truncatingIfNeeded: head >> 16))
    }

    private static func patchHead(
        _ kind: BlockKind, _ size: Int, _ isLast: Bool, at start: Int, of output: inout ByteWriter
    ) {
        let head = head(kind, size, isLast)
        output.patch(littleEndian: UInt16(truncatingIfNeeded: head), at: start)
        output.patch(littleEndian: UInt8(truncatingIfNeeded: head >> 16), at: start + 2)
    }
}
