internal import BridgeBytes
internal import Glibc

extension OpenFile {
    /// Bytes that are read with one call: 1 MiB.
    private static let pieceSize = 1 << 20

    /// Reads a part of the file piece by piece, through one buffer.
    /// - Parameter body: Gets each piece, valid during the call; false ends the reading.
    /// - Returns: How many bytes were read: fewer than asked for where the file ends before.
    package func read(
        _ range: Range<Int>, _ body: (Span<UInt8>) -> Bool
    ) throws(SocketError) -> Int {
        var buffer = ByteWriter(capacity: min(Self.pieceSize, max(1, range.count)))
        var position = range.lowerBound
        while position < range.upperBound {
            let wanted = min(Self.pieceSize, range.upperBound - position)
            buffer.removeAll()
            try unsafe buffer.appendUnsafe(upTo: wanted) { spare throws(SocketError) in
                let count = calls.retried(.fileRead, wanted) {
                    unsafe Glibc.pread(number, spare.baseAddress, $0, position)
                }
                guard count >= 0 else {
                    throw SocketError("read", errno: Errno.current, subject: path)
                }
                return count
            }
            if buffer.count == 0 { break }
            position += buffer.count
            guard body(buffer.span) else { break }
        }
        return position - range.lowerBound
    }
}
