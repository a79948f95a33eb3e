internal import BridgeBytes

/// Which of the frames that were not sent survive a lost connection.
///
/// The input is our own output: whole client frames, one after the other. Messages (PUB, HPUB)
/// survive; PING, PONG, SUB and UNSUB belong to the old connection and are dropped, since the
/// next handshake subscribes anew. A frame of which only a part was given to the kernel survives
/// too: the server cannot have it whole.
enum RetainedFrames {
    /// Appends the messages of `frames` that end after `sent` to `writer`.
    static func keep(_ frames: Span<UInt8>, sent: Int, into writer: inout ByteWriter) {
        var position = 0
        while position < frames.count {
            guard let end = endOfFrame(frames, at: position) else { return }
            if end > sent, isMessage(frames, at: position) {
                writer.append(frames.extracting(position..<end))
            }
            position = end
        }
    }

    private static func isMessage(_ frames: Span<UInt8>, at position: Int) -> Bool {
        // PUB or HPUB, and not PING or PONG.
        let first = frames[position]
        return first == UInt8(ascii: "H")
            || (first == UInt8(ascii: "P") && frames[position + 1] == UInt8(ascii: "U"))
    }

    /// Where the frame that starts at `position` ends; nil when it is not whole, which our own
    /// writer never produces.
    private static func endOfFrame(_ frames: Span<UInt8>, at position: Int) -> Int? {
        guard let feed = Scan.firstIndex(of: 0x0A, in: frames, from: position), feed >= 2 else {
            return nil
        }
        guard isMessage(frames, at: position) else { return feed + 1 }
        var start = feed - 1
        while start > position, frames[start - 1] != 0x20 { start -= 1 }
        guard let size = Decimal.parse(frames.extracting(start..<feed - 1)),
            size <= frames.count - feed - 3
        else { return nil }
        return feed + 1 + size + 2
    }
}
