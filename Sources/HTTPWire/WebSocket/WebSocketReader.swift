internal import BridgeBytes

/// Finds the frames of a server in a growing window of unread bytes.
///
/// ## Theory of operation
/// The payload of data frames is handed out as it comes: where frames begin and end means nothing
/// to what is inside, so nothing is collected. A control frame is handed out when it is whole; it
/// may stand between the frames of one message.
///
///     head ──▶ data, the rest of the frame ──▶ head …
///       └────▶ control, whole ─────────────────┘
///
/// Text is taken as bytes, once it is UTF-8: what is not ends the connection (RFC 6455, section
/// 8.1). After an error, or a closing frame, the reader is not to be used again.
package struct WebSocketReader: Sendable {
    /// What stands at the start of the window.
    package enum Step: Sendable, Equatable {
        /// More bytes are needed.
        case needMore
        /// So many bytes are to be dropped: the head of a frame.
        case head(Int)
        /// So many bytes are payload.
        case payload(Int)
        /// So many bytes are the payload of a whole control frame.
        case ping(Int)
        case pong(Int)
        /// The peer says that it ends, and why, in so many bytes.
        case close(Int, code: Int?, reason: String)
    }

    private enum State: Sendable, Equatable {
        case head
        case data(left: Int)
        case control(WebSocketOpcode, count: Int)
    }

    private let limits: WebSocketLimits
    private var state = State.head
    /// The kind of the message whose last frame has not begun; nil between messages.
    private var message: WebSocketOpcode?
    /// Whether the frame at hand is the last one of its message.
    private var isLastFrame = true
    private var text = UTF8Stream()
    private var isText = false

    package init(limits: WebSocketLimits = WebSocketLimits()) { self.limits = limits }

    /// Whether the peer may end here without leaving something half said.
    package var isBetweenFrames: Bool { state == .head && message == nil }

    /// The next step. Its bytes are at the start of the window, and are to be dropped from it.
    /// - Parameter payloadLimit: Most bytes of payload that the step may have; not 0.
    package mutating func next(
        _ window: Span<UInt8>, payloadLimit: Int = .max
    ) throws(WebSocketError) -> Step {
        switch state {
        case .head: return try readHead(window)
        case .data(let left):
            guard window.count > 0 else { return .needMore }
            let count = min(left, window.count, payloadLimit)
            if isText { try check(window.extracting(0..<count)) }
            state = .data(left: left - count)
            if left == count { try endFrame() }
            return .payload(count)
        case .control(let opcode, let count):
            guard window.count >= count else { return .needMore }
            state = .head
            switch opcode {
            case .ping: return .ping(count)
            case .pong: return .pong(count)
            default: return try close(window.extracting(0..<count))
            }
        }
    }

    private mutating func readHead(_ window: Span<UInt8>) throws(WebSocketError) -> Step {
        guard let (head, size) = try WebSocketFrameHead.read(window, limits: limits) else {
            return .needMore
        }
        guard !head.opcode.isControl else {
            state = .control(head.opcode, count: head.count)
            return .head(size)
        }
        guard (head.opcode == .continuation) == (message != nil) else {
            throw WebSocketFrameHead.violation(
                message == nil
                    ? "a message goes on that has not begun"
                    : "a message begins within another one")
        }
        if head.opcode != .continuation {
            message = head.opcode
            isText = head.opcode == .text
            text = UTF8Stream()
        }
        isLastFrame = head.isFinal
        state = .data(left: head.count)
        if head.count == 0 { try endFrame() }
        return .head(size)
    }

    private mutating func endFrame() throws(WebSocketError) {
        state = .head
        guard isLastFrame else { return }
        message = nil
        guard !isText || text.isComplete else { throw Self.notUTF8 }
    }

    private mutating func check(_ span: Span<UInt8>) throws(WebSocketError) {
        guard text.take(span) else { throw Self.notUTF8 }
    }

    private static let notUTF8 = WebSocketError(
        .invalidUTF8, .frames, closeCode: 1007, "text that is not UTF-8")

    private func close(_ payload: Span<UInt8>) throws(WebSocketError) -> Step {
        guard payload.count > 0 else { return .close(0, code: nil, reason: "") }
        guard payload.count >= 2 else {
            throw WebSocketFrameHead.violation("a closing frame with half a number")
        }
        let code = Int(payload[0]) << 8 | Int(payload[1])
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: break
        default: throw WebSocketFrameHead.violation("a closing frame with the number \(code)")
        }
        guard let reason = String(validating: Bytes(copying: payload.extracting(2..<payload.count)))
        else { throw Self.notUTF8 }
        return .close(payload.count, code: code, reason: reason)
    }
}

/// UTF-8 that comes in pieces: an automaton over its bytes (Unicode, table 3-7).
struct UTF8Stream: Sendable {
    /// Continuation bytes that are still to come, and what the next one may be.
    private var left = 0
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether no sequence has been left half way.
    var isComplete: Bool { left == 0 }

    /// Takes the next bytes. Returns false when they cannot be UTF-8.
    mutating func take(_ span: Span<UInt8>) -> Bool {
        for index in 0..<span.count {
            let byte = span[index]
            guard left == 0 else {
                guard allowed.contains(byte) else { return false }
                left -= 1
                allowed = 0x80...0xBF
                continue
            }
            switch byte {
            case ...0x7F: continue
            case 0xC2...0xDF: left = 1
            case 0xE0: (left, allowed) = (2, 0xA0...0xBF)
            case 0xED: (left, allowed) = (2, 0x80...0x9F)
            case 0xE1...0xEF: left = 2
            case 0xF0: (left, allowed) = (3, 0x90...0xBF)
            case 0xF1...0xF3: left = 3
            case 0xF4: (left, allowed) = (3, 0x80...0x8F)
            default: return false
            }
        }
        return true
    }
}
