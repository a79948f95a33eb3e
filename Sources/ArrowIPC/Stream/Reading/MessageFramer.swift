internal import BridgeBytes

/// Finds the messages of a stream in a window of bytes.
///
/// ## Theory of operation
/// ```
/// message:  0xFFFFFFFF  i32 size of head   head (a flatbuffer, padded)   body
/// legacy:               i32 size of head   head                          body
/// end:      0xFFFFFFFF  0                  or only a 0, or the end of the input
/// file:     "ARROW1" 0 0, then messages, which its footer finds: see `FileFooter`
/// ```
/// The framer holds no bytes and no position: it is asked again with the window that begins
/// where the last message ended. A window that is too small for the head is told how long it must
/// be. A head is verified as soon as it is whole; the size of the body stands inside it, and
/// whether the window holds the body too is the caller's to see.
/// Source: "Encapsulated message format" of the Arrow columnar format.
struct MessageFramer: Sendable {
    let limits: ArrowLimits
    /// Whether a file is read without its footer, as its messages come.
    var salvagesFiles = false
    /// Whether the input is such a file, which may have zeros between its messages.
    var passesZeros = false

    /// What a window begins with.
    enum Step {
        /// The window must hold at least this many bytes; a caller without more has a truncated
        /// stream, or a complete one if the window is empty. Never more than a head takes.
        case needMore(atLeast: Int)
        /// Bytes of a file that belong to no message.
        case padding(size: Int)
        case message(Message)
        /// The mark of the end, of that size. What follows is not the stream's.
        case end(size: Int)
    }

    /// A message whose head is whole; ranges count from the window's first byte.
    struct Message {
        let head: FlatTable
        let kind: UInt8
        let version: Int16
        let body: Range<Int>
    }

    private static let continuation: UInt32 = 0xFFFF_FFFF

    /// Looks at the window.
    /// - Parameters:
    ///   - window: The unread input.
    ///   - base: Position of the window in the input, for error messages.
    func next(_ window: Bytes, base: Int) throws(ArrowError) -> Step {
        let span = window.span
        guard let first = span.littleEndian(UInt32.self, at: 0) else {
            return .needMore(atLeast: 4)
        }
        if base == 0, span[0] == FileFooter.magic[0], span[1] == FileFooter.magic[1] {
            guard window.count >= 8 else { return .needMore(atLeast: 8) }
            if FileFooter.begins(window) { return try fileBegins() }
        }
        if passesZeros, first == 0 { return .padding(size: 4) }
        if base == 0, first != Self.continuation, let error = ForeignFormat.error(of: window) {
            throw error
        }
        guard first == Self.continuation else { return try message(first, window, 4, base: base) }
        guard let size = span.littleEndian(UInt32.self, at: 4) else { return .needMore(atLeast: 8) }
        return try message(size, window, 8, base: base)
    }

    /// The magic of the file format. Whoever collects pieces does not know the footer, which comes
    /// last, when the batches go by.
    private func fileBegins() throws(ArrowError) -> Step {
        guard salvagesFiles else {
            throw ArrowError(
                .unsupportedFeature, stage: .framing, offset: 0,
                "a file of the Arrow format is read by its footer, which comes last: collect it"
                    + " whole, or salvage its stream")
        }
        return .padding(size: 8)
    }

    private func message(
        _ size: UInt32, _ window: Bytes, _ prefix: Int, base: Int
    ) throws(ArrowError) -> Step {
        guard size != 0 else { return .end(size: prefix) }
        guard size <= UInt32(Int32.max) else {
            throw fail(base, "the size of a message head is negative")
        }
        guard size <= limits.maxMetadataLength else {
            throw ArrowError(
                .limitExceeded, stage: .framing, offset: base,
                "a message head of \(size) bytes is over the limit of \(limits.maxMetadataLength)")
        }
        let start = prefix + Int(size)
        guard window.count >= start else { return .needMore(atLeast: start) }
        let head = try FlatVerifier.verify(
            window[prefix..<start], base: base + prefix, limits: limits)
        let length = head.scalar(3, default: Int64(0))
        guard length >= 0 else { throw fail(base, "the size of a message body is negative") }
        guard length <= limits.maxBodyLength else {
            throw ArrowError(
                .limitExceeded, stage: .framing, offset: base,
                "a message body of \(length) bytes is over the limit of \(limits.maxBodyLength)")
        }
        let message = Message(
            head: head, kind: head.scalar(1, default: 0), version: head.scalar(0, default: 0),
            body: start..<start + Int(length))
        return .message(message)
    }

    private func fail(_ base: Int, _ message: String) -> ArrowError {
        ArrowError(.invalidFraming, stage: .framing, offset: base, message)
    }
}
