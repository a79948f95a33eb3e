public import BridgeBytes
public import NATSWire

/// A message as it was received: a view of the receive buffer, decoded when asked.
///
/// Reading `payload` or `subject` costs a reference count. A message keeps the buffer that it was
/// received into alive, together with those that came with it (`receiveBufferSize` or, after a
/// large one, up to that one's size): take `payload.copied()` of small messages that are kept for
/// long.
public struct NATSMessage: Sendable {
    /// The bytes from the subject to the end of the payload.
    @usableFromInline var frame: Bytes
    private let subjectEnd: UInt32
    private let replyStart: UInt32
    private let replyEnd: UInt32
    private let headersStart: UInt32
    @usableFromInline let payloadStart: UInt32
    @usableFromInline let payloadEnd: UInt32

    /// - Parameters:
    ///   - layout: Where the parts are, counted from the start of the parsed window.
    ///   - frame: The bytes of the window from the start of the subject.
    init(_ layout: MessageFrame, in frame: Bytes) {
        let offset = layout.subject.lowerBound
        self.frame = frame
        subjectEnd = UInt32(truncatingIfNeeded: layout.subject.upperBound - offset)
        replyStart = UInt32(truncatingIfNeeded: (layout.replyTo?.lowerBound ?? offset) - offset)
        replyEnd = UInt32(truncatingIfNeeded: (layout.replyTo?.upperBound ?? offset) - offset)
        headersStart = UInt32(
            truncatingIfNeeded: (layout.headers ?? layout.payload).lowerBound - offset)
        payloadStart = UInt32(truncatingIfNeeded: layout.payload.lowerBound - offset)
        payloadEnd = UInt32(truncatingIfNeeded: layout.payload.upperBound - offset)
    }

    /// The subject that the message was published to.
    public var subject: Subject { Subject(received: frame[0..<Int(subjectEnd)]) }

    /// Where an answer is expected; nil when none is. It came from a peer: `validated()` it
    /// before publishing to it with more rights than the peer has.
    public var replyTo: Subject? {
        replyEnd > replyStart
            ? Subject(received: frame[Int(replyStart)..<Int(replyEnd)]) : nil
    }

    /// The payload, without a copy.
    @inlinable public var payload: Bytes { frame[Int(payloadStart)..<Int(payloadEnd)] }

    /// Whether there is a header block.
    public var hasHeaders: Bool { payloadStart > headersStart }

    /// The headers; empty when there are none. They are parsed when they are asked for, so whoever
    /// wants several of them keeps the value: `let headers = try message.headers`.
    /// - Throws: `WireError` with `invalidHeaders` or `tooManyHeaders` when the block breaks ADR-4.
    /// - Complexity: O(size of the headers), at each access.
    public var headers: Headers {
        get throws(WireError) {
            guard hasHeaders else { return Headers() }
            return try HeaderBlock(parsing: frame[Int(headersStart)..<Int(payloadStart)]).headers
        }
    }

    /// The status of a server's own message, such as 503 for "no responders"; nil for all others.
    public var status: HeaderStatus? {
        guard hasHeaders else { return nil }
        return HeaderBlock.status(of: frame[Int(headersStart)..<Int(payloadStart)].span)
    }

    /// Bytes of headers and payload, as limits count them.
    public var size: Int { Int(payloadEnd - headersStart) }

    /// Bytes of the subject and of the reply subject, which are not made for the answer.
    package var addressSize: Int { Int(subjectEnd) + Int(max(replyEnd, replyStart) - replyStart) }

    /// Bytes that the message is a view of, its subjects included.
    var frameSize: Int { frame.count }

    /// The same messages as views of one buffer of their own.
    /// - Parameter count: The sum of their frame sizes.
    static func copies(_ messages: [NATSMessage], count: Int) -> [NATSMessage] {
        var writer = ByteWriter(capacity: count)
        for message in messages { writer.append(message.frame) }
        let memory = writer.finish()
        var copies = messages
        var position = 0
        for index in copies.indices {
            let end = position + copies[index].frame.count
            copies[index].frame = memory[position..<end]
            position = end
        }
        return copies
    }
}

/// What a subscription that hears refusals is told among its messages.
extension NATSMessage {
    /// Stands for the server's refusal to take a message to a subject.
    init(refusing subject: String, words: String) {
        frame = Bytes(utf8: subject + words)
        subjectEnd = UInt32(truncatingIfNeeded: subject.utf8.count)
        // A place that no message has: its reply would end before it begins.
        (replyStart, replyEnd) = (1, 0)
        headersStart = subjectEnd
        payloadStart = subjectEnd
        payloadEnd = UInt32(truncatingIfNeeded: frame.count)
    }

    /// The server's words, when this is no message but its refusal to take one to `subject`; for
    /// those who have subscribed with `hearsRefusals`.
    package var refusal: String? { replyStart > replyEnd ? String(repairing: payload) : nil }
}
