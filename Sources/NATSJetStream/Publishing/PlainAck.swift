internal import BridgeBytes
internal import NATSCore

/// The usual answer to a publish, exactly `{"stream":"…","seq":N}`, read without a tree of values
/// and without a string, since this is done for each message.
struct PlainAck {
    /// The name of the stream, ASCII without escapes; a view of the answer.
    let stream: Bytes
    /// Number of the message in the stream, not zero.
    let sequence: UInt64

    private static let streamMark = Array(#"{"stream":""#.utf8)
    private static let sequenceMark = Array(#"","seq":"#.utf8)

    /// - Returns: Nil for everything else than the usual answer.
    init?(_ message: NATSMessage) {
        guard !message.hasHeaders else { return nil }
        self.init(message.payload)
    }

    /// - Returns: Nil for everything else than the usual answer.
    init?(_ payload: Bytes) {
        let span = payload.span
        func stands(_ mark: [UInt8], at start: Int) -> Bool {
            guard span.count - start >= mark.count else { return false }
            for index in mark.indices where span[start + index] != mark[index] { return false }
            return true
        }
        guard stands(Self.streamMark, at: 0), span[span.count - 1] == UInt8(ascii: "}") else {
            return nil
        }
        var end = Self.streamMark.count
        while end < span.count, span[end] != UInt8(ascii: "\"") {
            // An escape, or what is no ASCII, is for the parser.
            guard span[end] != UInt8(ascii: "\\"), span[end] > 0x1F, span[end] < 0x7F else {
                return nil
            }
            end += 1
        }
        let digits = end + Self.sequenceMark.count
        guard end > Self.streamMark.count, stands(Self.sequenceMark, at: end), digits < span.count,
            span[digits] != UInt8(ascii: "0"),
            let sequence = Decimal.parse(span.extracting(digits..<span.count - 1))
        else { return nil }
        stream = payload[Self.streamMark.count..<end]
        self.sequence = UInt64(sequence)
    }
}
