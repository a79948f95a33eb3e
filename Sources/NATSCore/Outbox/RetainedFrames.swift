internal import BridgeBytes
package import BridgeSockets

/// Which of the frames that were not sent survive a lost connection.
///
/// ## Theory of operation
/// The input is our own output: whole client frames, one after the other. Messages (PUB, HPUB)
/// survive; PING, PONG, SUB and UNSUB belong to the old connection and are dropped, since the
/// next handshake subscribes anew. A frame of which only a part was given to the kernel survives
/// too: the server cannot have it whole.
///
/// A frame lies in the buffer's text, except that a large payload is a piece of its own; the walk
/// counts both, since what was sent is counted in bytes of the stream.
package enum RetainedFrames {
    /// What a server may find too long.
    package struct Measure {
        /// Length of the control line in bytes, its end included.
        package let line: Int
        /// Headers and payload in bytes.
        package let payload: Int
    }

    /// One frame: its range in the text, and its payload if that is a piece.
    private struct Layout {
        let text: Range<Int>
        let piece: SendBuffer.Piece?
        /// Nil: it is no message.
        let measure: Measure?

        var isMessage: Bool { measure != nil }
        var count: Int { text.count + (piece?.bytes.count ?? 0) }
    }

    /// Appends the messages of `buffer` that were not sent whole to `kept`; returns how many.
    package static func keep(
        _ buffer: borrowing SendBuffer, into kept: inout SendBuffer
    ) -> Int {
        var count = 0
        var position = 0
        var nextPiece = 0
        var passed = 0
        while position < buffer.text.count {
            guard let frame = layout(of: buffer, at: position, piece: nextPiece) else {
                return count
            }
            position = frame.text.upperBound
            passed += frame.count
            if frame.piece != nil { nextPiece += 1 }
            if passed > buffer.sent, frame.isMessage {
                append(frame, of: buffer, to: &kept)
                count += 1
            }
        }
        return count
    }

    /// Appends the messages of `buffer` that `isWanted` to `kept`. Returns the positions of the
    /// others among all messages.
    package static func filter(
        _ buffer: borrowing SendBuffer, into kept: inout SendBuffer,
        _ isWanted: (Measure) -> Bool
    ) -> (messages: Int, unwanted: [Int]) {
        var unwanted: [Int] = []
        var (count, position, nextPiece) = (0, 0, 0)
        while let frame = layout(of: buffer, at: position, piece: nextPiece) {
            position = frame.text.upperBound
            if frame.piece != nil { nextPiece += 1 }
            guard let measure = frame.measure else { continue }
            if isWanted(measure) {
                append(frame, of: buffer, to: &kept)
            } else {
                unwanted.append(count)
            }
            count += 1
        }
        return (count, unwanted)
    }

    private static func append(
        _ frame: Layout, of buffer: borrowing SendBuffer, to kept: inout SendBuffer
    ) {
        guard let piece = frame.piece else {
            return kept.text.append(buffer.text.span.extracting(frame.text))
        }
        let head = frame.text.lowerBound..<piece.position
        kept.text.append(buffer.text.span.extracting(head))
        kept.append(piece: piece.bytes)
        kept.text.append(buffer.text.span.extracting(piece.position..<frame.text.upperBound))
    }

    /// The frame that starts at `position`; nil when it is not whole, which our own writer never
    /// produces.
    private static func layout(
        of buffer: borrowing SendBuffer, at position: Int, piece index: Int
    ) -> Layout? {
        let text = buffer.text.span
        guard position < text.count else { return nil }
        guard let feed = Scan.firstIndex(of: 0x0A, in: text, from: position), feed >= 2 else {
            return nil
        }
        guard isMessage(text, at: position) else {
            return Layout(text: position..<feed + 1, piece: nil, measure: nil)
        }
        var start = feed - 1
        while start > position, text[start - 1] != 0x20 { start -= 1 }
        guard let size = Decimal.parse(text.extracting(start..<feed - 1)) else { return nil }
        let measure = Measure(line: feed + 1 - position, payload: size)
        let piece = index < buffer.pieces.count ? buffer.pieces[index] : nil
        if let piece, piece.position > feed, piece.position <= feed + 1 + size,
            piece.bytes.count <= size
        {
            // Headers lie in the text, the payload beside it.
            let end = feed + 1 + (size - piece.bytes.count) + 2
            guard end <= text.count, piece.position == end - 2 else { return nil }
            return Layout(text: position..<end, piece: piece, measure: measure)
        }
        guard size <= text.count - feed - 3 else { return nil }
        return Layout(text: position..<feed + 1 + size + 2, piece: nil, measure: measure)
    }

    private static func isMessage(_ text: Span<UInt8>, at position: Int) -> Bool {
        // PUB or HPUB, and not PING or PONG.
        let first = text[position]
        return first == UInt8(ascii: "H")
            || (first == UInt8(ascii: "P") && text[position + 1] == UInt8(ascii: "U"))
    }
}
