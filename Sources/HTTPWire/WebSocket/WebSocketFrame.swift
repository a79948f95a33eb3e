package import BridgeBytes

/// What a frame is (RFC 6455, section 5.2).
package enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    package var isControl: Bool { rawValue >= 8 }
}

/// The first bytes of a frame.
package struct WebSocketFrameHead: Sendable, Hashable {
    package let opcode: WebSocketOpcode
    /// Whether it is the last one of its message.
    package let isFinal: Bool
    /// Bytes of its payload.
    package let count: Int

    /// Longest head of a frame of ours.
    package static let maxCount = 14

    package init(_ opcode: WebSocketOpcode, isFinal: Bool = true, count: Int) {
        self.opcode = opcode
        self.isFinal = isFinal
        self.count = count
    }

    /// The head at the start of the window and how long it is; nil when it is not complete yet.
    /// - Throws: `WebSocketError` for what no server may send.
    package static func read(
        _ window: Span<UInt8>, limits: WebSocketLimits
    ) throws(WebSocketError) -> (WebSocketFrameHead, size: Int)? {
        guard window.count >= 1 else { return nil }
        guard window[0] & 0x70 == 0 else {
            throw violation("a frame of an extension that nobody asked for")
        }
        guard let opcode = WebSocketOpcode(rawValue: window[0] & 15) else {
            throw violation("a frame of unknown kind \(window[0] & 15)")
        }
        let isFinal = window[0] & 0x80 != 0
        guard isFinal || !opcode.isControl else {
            throw violation("a control frame in pieces")
        }
        guard window.count >= 2 else { return nil }
        guard window[1] & 0x80 == 0 else { throw violation("a masked frame of a server") }
        var count = UInt64(window[1])
        guard count <= 125 || !opcode.isControl else {
            throw violation("a control frame of more than 125 bytes")
        }
        let extra = count == 126 ? 2 : count == 127 ? 8 : 0
        guard window.count >= 2 + extra else { return nil }
        if extra > 0 {
            count = 0
            for index in 2..<2 + extra { count = count << 8 | UInt64(window[index]) }
        }
        guard count >> 63 == 0 else { throw violation("a length with its first bit set") }
        guard count <= UInt64(limits.maxFrame) else {
            throw WebSocketError(
                .tooLarge, .frames, closeCode: 1009,
                "a frame of \(count) bytes is larger than \(limits.maxFrame)")
        }
        return (WebSocketFrameHead(opcode, isFinal: isFinal, count: Int(count)), 2 + extra)
    }

    /// Appends the head of a client's frame.
    /// - Returns: How long it is.
    @discardableResult
    package func write(mask: UInt32, into writer: inout ByteWriter) -> Int {
        let before = writer.count
        writer.append(opcode.rawValue | (isFinal ? 0x80 : 0))
        switch count {
        case ...125: writer.append(0x80 | UInt8(count))
        case ...65_535:
            writer.append(0x80 | 126)
            writer.append(littleEndian: UInt16(count).byteSwapped)
        default:
            writer.append(0x80 | 127)
            writer.append(littleEndian: UInt64(count).byteSwapped)
        }
        writer.append(littleEndian: mask.byteSwapped)
        return writer.count - before
    }

    static func violation(_ detail: String) -> WebSocketError {
        WebSocketError(.protocolViolation, .frames, closeCode: 1002, detail)
    }
}
